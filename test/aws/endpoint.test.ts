import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { fitSoftmax } from "../../examples/iris-classifier/softmax.ts";
import { openClient } from "../../lib/client/index.ts";
import { deployStack, type Outputs } from "./support/deploy.ts";

const app = "examples/iris-classifier/app.ts";
const flower = [5.1, 3.5, 1.4, 0.2];
let scratch: string;
let outputs: Outputs;

/** Puts a version into the store that calls the flower by a name, and lets `iris:production` mean it. */
async function train(name: string): Promise<void> {
  const model = fitSoftmax([flower, [6.3, 3.3, 6, 2.5]], [name, "other"], { epochs: 100, learningRate: 0.1 });
  await using client = await openClient({ folder: join(scratch, "store"), create: true });
  const { version } = await client.models.save("iris", model);
  await client.models.setAlias("iris", "production", `iris:${version}`);
}

async function deploy(): Promise<Outputs> {
  return await deployStack(inject("aws"), { app, env: { MILLRACE_STORE: join(scratch, "store") } });
}

/** As a user would, with the AWS CLI. */
async function invoke(rows: unknown): Promise<unknown> {
  const body = join(scratch, "body.json");
  const answer = join(scratch, "answer.json");
  await writeFile(body, JSON.stringify(rows));
  const name = String(outputs.IrisEndpoint?.EndpointName);
  const options = ["--endpoint-name", name, "--content-type", "application/json", "--body", `fileb://${body}`, answer];
  await promisify(execFile)("aws", ["sagemaker-runtime", "invoke-endpoint", ...options], {
    env: { ...process.env, ...inject("aws").env },
  });
  return JSON.parse(await readFile(answer, "utf8"));
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-endpoint-"));
  await train("setosa");
  outputs = await deploy();
});
afterAll(() => rm(scratch, { recursive: true }));

test("a deployed endpoint answers with the model that was packed", async () => {
  expect(await invoke([flower])).toEqual(["setosa"]);
});

test("a deployment after the alias has moved answers with the new version", async () => {
  await train("versicolor");
  await deploy();
  expect(await invoke([flower])).toEqual(["versicolor"]);
});
