import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { Faults } from "./support/emulator.ts";
import { deployFlows, type Flows } from "./support/flows.ts";

const aws = inject("aws");
const faults = new Faults(aws.endpoint);
let scratch: string;
let flows: Flows;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-deploy-"));
  flows = await deployFlows(aws, [{ file: "test/aws/fixtures/release/flow.ts" }]);
});
afterEach(() => faults.clear());
afterAll(() => rm(scratch, { recursive: true }));

/** As a user would, with the AWS CLI. */
async function invoke(values: readonly number[]): Promise<unknown> {
  const [body, answer] = [join(scratch, "body.json"), join(scratch, "answer.json")];
  await writeFile(body, JSON.stringify(values));
  const options = ["--endpoint-name", "scaler", "--content-type", "application/json", "--body", `fileb://${body}`];
  await promisify(execFile)("aws", ["sagemaker-runtime", "invoke-endpoint", ...options, answer], {
    env: { ...process.env, ...aws.env },
  });
  return JSON.parse(await readFile(answer, "utf8"));
}

test("a run puts its model behind the endpoint, and the next run another one", async () => {
  const { execution, run } = await flows.run("Release", { factor: 3 });
  expect(execution.cause).toBeUndefined();
  expect(run.status).toBe("succeeded");
  expect(await run.data.released).toBe(true);
  expect(await invoke([1, 2])).toEqual([3, 6]);
});
