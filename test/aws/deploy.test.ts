import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedriveExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { sagemaker } from "../../lib/aws/sagemaker.ts";
import { openClient } from "../../lib/client/index.ts";
import { recordOf } from "../conformance/record.ts";
import { stepFunctions } from "./support/deploy.ts";
import { type Fault, Faults, Requests } from "./support/emulator.ts";
import { deployFlows, type Flows } from "./support/flows.ts";
import { invokeEndpoint } from "./support/invoke.ts";
import { runHere } from "./support/run-here.ts";

const aws = inject("aws");
const irises = "examples/iris-classifier/release.ts";
const client = new AwsClient(aws.env);
const faults = new Faults(aws.endpoint);
const requests = new Requests(aws.endpoint);
let scratch: string;
let flows: Flows;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-deploy-"));
  flows = await deployFlows(aws, [{ file: "test/aws/fixtures/release/flow.ts" }, { file: irises }]);
});
afterEach(() => faults.clear());
afterAll(() => rm(scratch, { recursive: true }));

const invoke = (values: unknown, endpoint = "scaler") => invokeEndpoint(aws, endpoint, values);

/** Runs the flow, and makes sure that the fault has struck as often as it was to. */
async function runWith(fault: Fault, factor: number) {
  await faults.add(fault);
  const ended = await flows.run("Release", { factor });
  expect(await faults.list()).toMatchObject([{ struck: fault.times ?? 1 }]);
  return ended;
}

/** What SageMaker was asked for since the journal was last cleared. */
async function asked(...operations: string[]) {
  const made = (await requests.list()).filter(({ service }) => service === "sagemaker");
  return made.filter(({ operation }) => operations.includes(operation)).map(({ resource }) => resource);
}

/** The names of this flow's models or configurations. */
async function made(kind: "Model" | "EndpointConfig"): Promise<string[]> {
  const listed = await sagemaker(client, `List${kind}s`, { NameContains: "millrace-release-" });
  return (listed[`${kind}s`] as Record<string, string>[]).map((one) => String(one[`${kind}Name`])).sort();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 20));
}

const caller = "lambda/Release-FlowStepsrelease*";

describe("on an endpoint that is not there yet", () => {
  test("a model that does not load fails the run with SageMaker's reason, and leaves nothing", async () => {
    const { execution, run } = await flows.run("Release", { factor: -1 });
    const failure = {
      name: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(/^The endpoint scaler did not come into service: .*the factor is -1/s),
      task: { step: "release", path: "", visit: 0 },
      attempt: 0,
    };
    expect(execution).toMatchObject({ status: "FAILED", error: "DEPLOYMENT_FAILED" });
    expect(run.toJSON()).toMatchObject({ status: "failed", failure });
    expect((await run.step("release").task()).attempts).toMatchObject([{ attempt: 0, status: "failed", failure }]);
    await expect(sagemaker(client, "DescribeEndpoint", { EndpointName: "scaler" })).rejects.toThrow(
      /Could not find endpoint/,
    );
    expect([await made("Model"), await made("EndpointConfig")]).toEqual([[], []]);
  });

  test("a run whose gate is closed deploys nothing", async () => {
    await requests.clear();
    const { run } = await flows.run("Release", { factor: 100 });
    expect(run.status).toBe("succeeded");
    expect(await asked("CreateModel", "CreateEndpoint", "UpdateEndpoint")).toEqual([]);
  });

  test("a run puts its model behind it, and CreateEndpoint may be throttled meanwhile", async () => {
    const { execution, run } = await runWith(
      { on: "request", do: "throttle", where: { service: "sagemaker", operation: "CreateEndpoint", caller }, times: 2 },
      3,
    );
    expect(execution.cause).toBeUndefined();
    expect(run.status).toBe("succeeded");
    expect(await run.data.released).toBe(true);
    expect(await invoke([1, 2])).toEqual([3, 6]);
  });
});

describe("on an endpoint that is in service", () => {
  test("the next run's model answers", async () => {
    const { run } = await flows.run("Release", { factor: 5 });
    expect(run.status).toBe("succeeded");
    expect(await invoke([1, 2])).toEqual([5, 10]);
  });

  test("a bad model fails the run, and the one before answers on", async () => {
    const { execution, run } = await flows.run("Release", { factor: -2 });
    expect(execution.error).toBe("DEPLOYMENT_FAILED");
    expect(run.toJSON()).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("is -2") } });
    expect(await invoke([1, 2])).toEqual([5, 10]);
  });

  test("the configuration before the present one stays, and no other", async () => {
    await flows.run("Release", { factor: 6 });
    const configs = await made("EndpointConfig");
    expect(configs).toHaveLength(2);
    expect(await made("Model")).toEqual(configs);
  });

  test("two runs at a time deploy one after the other", async () => {
    const [one, two] = await Promise.all([flows.run("Release", { factor: 7 }), flows.run("Release", { factor: 8 })]);
    expect([one.run.status, two.run.status]).toEqual(["succeeded", "succeeded"]);
    expect([7, 8]).toContain(((await invoke([1])) as number[])[0]);
  });
});

describe("a function that dies", () => {
  test.each([
    ["before it has asked for anything", "kill-at-start", 1],
    ["when it has asked for the endpoint", "kill-before-answer", 1],
    ["when all is committed", "kill-before-answer", 2],
  ] as const)("%s is called again, and the body is not", async (_, fatal, skip) => {
    await requests.clear();
    const where = { function: "Release-FlowStepsrelease*" };
    const { execution, run } = await runWith({ on: "lambda", do: fatal, where, skip }, 10 + skip);
    expect(execution.status).toBe("SUCCEEDED");
    expect((await run.step("release").task()).attempts).toMatchObject([{ attempt: 0, status: "succeeded" }]);
    expect(await asked("UpdateEndpoint")).toEqual(["scaler"]);
    expect(await invoke([1])).toEqual([10 + skip]);
  });

  test("while the body runs fails the run: what it did can't be known", async () => {
    const where = { function: "Release-FlowStepsrelease*" };
    const { run } = await runWith({ on: "lambda", do: "kill-at-start", where }, 20);
    expect(run.toJSON()).toMatchObject({ status: "failed", failure: { name: "Runtime.ExitError" } });
  });
});

test("a run that was stopped while it waited has its attempt as failed, and its deployment as lost", async () => {
  const execution = await flows.start("Release", { factor: 30 });
  await until(async () => (await flows.client.deployments.list("scaler", { limit: 1 }))[0]?.status === "deploying");
  await stepFunctions(aws).send(new StopExecutionCommand({ executionArn: execution }));
  const { run } = await flows.end("Release", execution);
  expect(run.status).toBe("interrupted");
  expect((await run.step("release").task()).attempts).toMatchObject([
    { status: "failed", failure: { message: "The run ended before the attempt did." } },
  ]);
  expect((await flows.client.deployments.list("scaler", { limit: 1 }))[0]).toMatchObject({
    status: "lost",
    source: { run: run.id },
  });
});

test("a run that is redriven after a failed deployment makes another attempt, with its body", async () => {
  const { execution, run: failed } = await flows.run("Release", { factor: 40, stumbles: true });
  expect(failed.status).toBe("failed");
  const executionArn = String(execution.executionArn);
  await stepFunctions(aws).send(new RedriveExecutionCommand({ executionArn }));
  await until(async () => (await flows.runOf("Release", executionArn)).status !== "failed");
  const { run } = await flows.end("Release", executionArn);
  expect(run.status).toBe("succeeded");
  expect((await run.step("release").task()).attempts).toMatchObject([{ status: "failed" }, { status: "succeeded" }]);
  expect(await invoke([1])).toEqual([40]);
});

describe("on record", () => {
  test("is what was deployed, with its lineage back to the run, the model and the code", async () => {
    const { run } = await flows.run("Release", { factor: 50 });
    const { deployments, models } = flows.client;
    const [scale] = await models.versions("scale", { limit: 1 });
    const deployed = await deployments.inService("scaler");
    expect(deployed).toEqual({
      endpoint: "scaler",
      id: expect.stringMatching(/^\d{8}-\d{6}-\d{3}-\w{4}$/),
      status: "in_service",
      startedAt: expect.any(String),
      endedAt: expect.any(String),
      source: { flow: "Release", run: run.id, step: "release", path: "", visit: 0, attempt: 0 },
      service: "Scaler",
      code: expect.stringMatching(/^[0-9a-f]{64}$/),
      models: {
        scale: { artifact: "model", hash: scale?.ref.hash, type: "Object", version: `scale:${scale?.version}` },
      },
      data: expect.stringMatching(/^s3:\/\/.*\/endpoints\/scaler\/models\/[0-9a-f]{64}\.tar\.gz$/),
      config: `millrace-release-scaler-${deployed?.id}`,
      previous: expect.stringMatching(/^millrace-release-scaler-/),
    });
    expect(await deployments.ofRun(`Release/${run.id}`)).toEqual([deployed]);
    expect(await deployments.ofModel(`scale:${scale?.version}`)).toEqual([deployed]);
  });

  test("is what failed, and why", async () => {
    await flows.run("Release", { factor: -3 });
    expect(await flows.client.deployments.list("scaler", { limit: 2 })).toMatchObject([
      { status: "failed", failure: expect.stringContaining("the factor is -3") },
      { status: "in_service" },
    ]);
  });
});

describe("the example of the irises", () => {
  const flowers = [
    [5.1, 3.5, 1.4, 0.2],
    [6, 3, 5, 1.8],
  ];

  test("leaves what a run on this machine does, and its endpoint answers", async () => {
    const store = join(scratch, "store");
    const [there, local] = await Promise.all([flows.run("ReleaseIris"), runHere(irises, store)]);
    expect(there.execution.cause).toBeUndefined();
    await using here = await openClient({ folder: store });
    expect(await recordOf(there.run)).toEqual(await recordOf(await here.flow("ReleaseIris").run(local.run)));
    expect(await invoke(flowers, "iris")).toEqual(["Iris-setosa", "Iris-virginica"]);
    const [deployed, bundled] = await Promise.all([
      flows.client.deployments.inService("iris"),
      here.deployments.inService("iris"),
    ]);
    expect(deployed?.models.model?.hash).toBe(bundled?.models.model?.hash);
  });

  test("does not release a model that is not good enough", async () => {
    const { run } = await flows.run("ReleaseIris", { epochs: 1, least: 0.95 });
    expect(await run.data.verdict).toBe("rejected: an accuracy of 0.77 is less than 0.95");
    expect(await flows.client.deployments.ofRun(run.pathspec)).toEqual([]);
  });
});
