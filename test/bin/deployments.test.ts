import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Folder } from "./command.ts";

const project = join(import.meta.dirname, "../..");
let folder: Folder;

beforeAll(async () => {
  folder = new Folder();
  symlinkSync(join(project, "node_modules/zod"), join(folder.path, "node_modules/zod"));
  cpSync(join(project, "test/aws/fixtures/release"), folder.path, { recursive: true });
  await folder.out("run", "flow.ts", "--factor", "3");
  await folder.millrace("run", "flow.ts", "--factor=-1");
});
afterAll(() => folder.remove());

test("a model with which the service does not start fails the run, and it is told why", async () => {
  const { code, stderr } = await folder.millrace("run", "flow.ts", "--factor=-2");
  expect(code).toBe(1);
  expect(stderr).toContain(
    "failed: DEPLOYMENT_FAILED: The endpoint scaler did not come into service: Scaler does not start: RangeError: the factor is -2.",
  );
});

test("deployments lists each endpoint's latest deployment, and an endpoint's deployments, newest first", async () => {
  const failed = (factor: number) =>
    `scaler\tRUN\tfailed\tscale=scale:RUN\tRelease/RUN/release\tScaler does not start: RangeError: the factor is ${factor}.\n`;
  const head = "endpoint\tdeployment\tstatus\tmodels\tmade by\twhy not\n";
  expect(await folder.out("deployments")).toBe(`${head}${failed(-2)}`);
  expect(await folder.out("deployments", "scaler")).toBe(
    `${head}${failed(-2)}${failed(-1)}scaler\tRUN\tin_service\tscale=scale:RUN\tRelease/RUN/release\t\n`,
  );
  expect(await folder.json("deployments", "scaler", "--limit", "1")).toEqual(await folder.json("deployments"));
});

test("an endpoint that nothing was deployed to is an error that names those that there are", async () => {
  expect(await folder.millrace("deployments", "scalar")).toMatchObject({
    code: 1,
    stderr: 'error: There is no endpoint "scalar".\n  fix: There is only scaler.\n',
  });
});
