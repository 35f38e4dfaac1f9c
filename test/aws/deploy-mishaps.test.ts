import { RedriveExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, describe, expect, inject, test, vi } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { sagemaker } from "../../lib/aws/sagemaker.ts";
import { openClient } from "../../lib/client/index.ts";
import { type Deployment, deployStack, destroyStack, stepFunctions } from "./support/deploy.ts";
import { Flows } from "./support/flows.ts";
import { invokeEndpoint } from "./support/invoke.ts";

const aws = inject("aws");
const client = new AwsClient(aws.env);
const EndpointName = "mishaps";
const app: Deployment = { app: "test/aws/fixtures/mishaps/app.ts", stacks: ["Mishaps", "Others"] };
let flows: Flows;

beforeAll(async () => {
  const { Mishaps = {}, Others = {} } = await deployStack(aws, app);
  const { Table = "", Bucket = "" } = Mishaps;
  for (const [name, value] of Object.entries(aws.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  const machines = Object.entries({ Mishaps, Others }).map(
    ([flow, { StateMachineArn = "" }]) => [flow, StateMachineArn] as const,
  );
  flows = new Flows(aws, await openClient({ table: Table, bucket: Bucket }), Table, new Map(machines));
});

const invoke = (value: number) => invokeEndpoint(aws, EndpointName, value);
const describeEndpoint = () => sagemaker(client, "DescribeEndpoint", { EndpointName });
const latest = async () => (await flows.client.deployments.list(EndpointName, { limit: 1 }))[0];

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 20));
}

/** Starts a run, and waits until the endpoint is on its way. */
async function onItsWay(flow: string, input: object, status: "Creating" | "Updating"): Promise<string> {
  const execution = await flows.start(flow, input);
  await until(
    async () => (await describeEndpoint().catch(() => ({}) as Record<string, unknown>)).EndpointStatus === status,
  );
  return execution;
}

test("an endpoint that a stack has made is left alone", async () => {
  await deployStack(aws, { ...app, stacks: ["Foreign"] });
  try {
    const { execution, run } = await flows.run("Mishaps");
    expect(execution.error).toBe("DEPLOYMENT_FAILED");
    expect(run.failure?.message).toMatch(
      /^The endpoint mishaps did not come into service: it runs the configuration .*, which no flow's deployment has made\. Give the step another endpoint, or delete the one that is there: aws sagemaker delete-endpoint --endpoint-name mishaps\.$/,
    );
    expect(await invoke(2)).toBe(2);
  } finally {
    await destroyStack(aws, { ...app, stacks: ["Foreign"] });
  }
});

describe("while an endpoint is created", () => {
  test("the run is stopped: SageMaker goes on, and the next run of another flow takes its place", async () => {
    const executionArn = await onItsWay("Mishaps", { factor: 3, seconds: 2 }, "Creating");
    await stepFunctions(aws).send(new StopExecutionCommand({ executionArn }));
    expect((await flows.end("Mishaps", executionArn)).run.status).toBe("interrupted");
    expect(await latest()).toMatchObject({ status: "lost" });
    const { run } = await flows.run("Others", { factor: 4 });
    expect(run.toJSON()).toMatchObject({ status: "succeeded" });
    expect(await invoke(2)).toBe(8);
  });

  test("somebody deletes it: the run fails, and says so", async () => {
    await sagemaker(client, "DeleteEndpoint", { EndpointName });
    const execution = await onItsWay("Mishaps", { seconds: 5 }, "Creating");
    await sagemaker(client, "DeleteEndpoint", { EndpointName });
    const { run } = await flows.end("Mishaps", execution);
    expect(run.failure).toMatchObject({
      name: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(/^The endpoint mishaps did not come into service: it was deleted\./),
    });
    const { run: next } = await flows.run("Mishaps", { factor: 5 });
    expect(next.status).toBe("succeeded");
    expect(await invoke(2)).toBe(10);
  });
});

describe("while an endpoint is updated", () => {
  test("the run is stopped and redriven: another attempt waits, and deploys", async () => {
    const executionArn = await onItsWay("Mishaps", { factor: 8, seconds: 2 }, "Updating");
    await stepFunctions(aws).send(new StopExecutionCommand({ executionArn }));
    expect((await flows.end("Mishaps", executionArn)).run.status).toBe("interrupted");
    await stepFunctions(aws).send(new RedriveExecutionCommand({ executionArn }));
    await until(async () => (await flows.runOf("Mishaps", executionArn)).status !== "interrupted");
    const { run } = await flows.end("Mishaps", executionArn);
    expect(run.toJSON()).toMatchObject({ status: "succeeded" });
    expect((await run.step("release").task()).attempts).toMatchObject([{ status: "failed" }, { status: "succeeded" }]);
    expect(await invoke(2)).toBe(16);
    expect((await flows.client.deployments.inService(EndpointName))?.source.run).toBe(run.id);
  });
});

test("the stack goes, and the endpoint answers on, for another flow to update", async () => {
  await destroyStack(aws, { ...app, stacks: ["Mishaps"] });
  expect(await invoke(2)).toBe(16);
  const { run } = await flows.run("Others", { factor: 9 });
  expect(run.toJSON()).toMatchObject({ status: "succeeded" });
  expect(await invoke(2)).toBe(18);
});
