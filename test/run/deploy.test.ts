import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Client, openClient } from "../../lib/client/index.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { open } from "../../lib/model/bundle/open.ts";
import { readManifest } from "../../lib/model/bundle/read.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { FlowFolder, flowSource } from "../flow/flow-folder.ts";

const file = relative(process.cwd(), join(import.meta.dirname, "../aws/fixtures/release/flow.ts"));
let folder: string;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-deploy-"));
  client = await openClient({ folder, create: true });
});
afterEach(async () => {
  await client.close();
  await rm(folder, { recursive: true });
});

async function run(parameters: Record<string, unknown>) {
  const flow = await loadFlow(file, { cacheDir: join(folder, "cache") });
  return await runFlow(flow, { store: folder, parameters });
}

/** What the bundle behind the endpoint answers. */
async function predict(values: readonly number[]): Promise<unknown> {
  const bundle = join(folder, "endpoints/scaler");
  const { version } = await readManifest(bundle);
  const { Service } = await import(`${pathToFileURL(join(bundle, "service.mjs")).href}?${version}`);
  const service = await open(Service, bundle);
  try {
    return await service.predict?.(values);
  } finally {
    await service.close();
  }
}

test("a step puts its model behind the endpoint, and the next run another one", async () => {
  expect(await run({ factor: 3 })).toMatchObject({ status: "succeeded" });
  expect(await predict([1, 2])).toEqual([3, 6]);
  expect(await run({ factor: 4 })).toMatchObject({ status: "succeeded" });
  expect(await predict([1, 2])).toEqual([4, 8]);
});

test("a model with which the service does not start fails the step, and the one before answers on", async () => {
  await run({ factor: 3 });
  const failed = await run({ factor: -1 });
  expect(failed).toMatchObject({
    status: "failed",
    failure: {
      name: "DEPLOYMENT_FAILED",
      message:
        "The endpoint scaler did not come into service: Scaler does not start: RangeError: the factor is -1. Look at the models that it was given, and at its onStartup.",
      task: { step: "release", path: "", visit: 0 },
      attempt: 0,
    },
  });
  expect(await predict([1])).toEqual([3]);
  expect(await readdir(join(folder, "endpoints"))).toEqual(["scaler"]);
});

test("what failed and what is in service is on record, with its lineage", async () => {
  const { run: good } = await run({ factor: 3 });
  const { run: bad } = await run({ factor: -1 });
  const [scale] = (await client.models.versions("scale")).slice(-1);
  const inService = {
    endpoint: "scaler",
    id: expect.stringMatching(/^\d{8}-\d{6}-\d{3}-\w{4}$/),
    status: "in_service",
    startedAt: expect.any(String),
    endedAt: expect.any(String),
    source: { flow: "Release", run: good, step: "release", path: "", visit: 0, attempt: 0 },
    service: "Scaler",
    code: expect.stringMatching(/^[0-9a-f]{64}$/),
    models: { scale: { artifact: "model", hash: scale?.ref.hash, type: "Object", version: `scale:${scale?.version}` } },
    data: join(folder, "endpoints/scaler"),
  };
  expect(await client.deployments.list("scaler")).toEqual([
    expect.objectContaining({
      status: "failed",
      source: expect.objectContaining({ run: bad }),
      failure: "Scaler does not start: RangeError: the factor is -1.",
    }),
    inService,
  ]);
  expect(await client.deployments.endpoints()).toEqual(["scaler"]);
  expect(await client.deployments.inService("scaler")).toEqual(inService);
  expect(await client.deployments.ofModel(`scale:${scale?.version}`)).toEqual([inService]);
  expect(await client.deployments.ofRun(`Release/${good}`)).toEqual([inService]);
  await expect(client.deployments.list("scalar")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: 'There is no endpoint "scalar".',
    fix: "There is only scaler.",
  });
});

test("another attempt may have another model", async () => {
  const flow = await loadFlow(file, { cacheDir: join(folder, "cache") });
  const { release } = flow.definition.steps;
  if (release === undefined) throw new Error("there is no step release");
  const steps = { ...flow.definition.steps, release: { ...release, retry: { times: 1, interval: 0, backoff: 1 } } };
  const retried = { ...flow, definition: { ...flow.definition, steps } };
  const ended = await runFlow(retried, { store: folder, parameters: { factor: 5, stumbles: true } });
  expect(ended.status).toBe("succeeded");
  expect(await predict([1])).toEqual([5]);
});

test("a model that the image on AWS could not read fails the step here too, with what to do", async () => {
  const body = `  model = artifact<OnnxModel>();
  @step start() { this.model = new OnnxModel(new Uint8Array(8)); return this.next(this.release); }
  @step({ deploy: { endpoint: "scorer", service: "service.ts", instanceType: "ml.m5.large" } })
  release() { return this.next(this.end); }
  @step end() {}`;
  const project = new FlowFolder({
    "flow.ts": `import { OnnxModel } from "millrace";\n${flowSource(body)}`,
    "service.ts": await readFile("test/model/fixtures/scorer.ts", "utf8"),
  });
  await symlink(resolve("node_modules"), join(project.path, "node_modules"));
  const ended = await runFlow(await project.load(), { store: folder });
  expect(ended.failure).toMatchObject({
    name: "MODEL_NEEDS",
    message:
      "The model model of Scorer is OnnxModel, and the image of Scorer has no onnxruntime-node or onnxruntime-web. " +
      'Let Scorer name it: static override readonly packages = ["onnxruntime-node"], and deploy the flow again.',
  });
  expect(await readdir(folder)).not.toContain("endpoints");
});
