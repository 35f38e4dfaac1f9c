import { beforeAll, expect, inject, test } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import type { RunRecord } from "../../lib/metadata/records.ts";
import { deployStack, startExecution, waitForExecution } from "./support/deploy.ts";
import { Faults } from "./support/emulator.ts";

const aws = inject("aws");
const faults = new Faults(aws.endpoint);
let stateMachine: string;
let store: DynamoMetadataStore;

beforeAll(async () => {
  const outputs = await deployStack(aws, { app: "node_modules/.bin/node bin/app.ts", stacks: ["BranchFlow"] });
  stateMachine = String(outputs.BranchFlow?.StateMachineArn);
  store = new DynamoMetadataStore({ table: String(outputs.BranchFlow?.Table), client: new AwsClient(aws.env) });
});

/** Starts a run and waits for its end; the run's id is the execution's name. */
async function run(input: unknown) {
  const execution = await waitForExecution(aws, await startExecution(aws, stateMachine, input));
  return { execution, run: String(execution.name) };
}

/** The record of a run, once its end is known: EventBridge tells of a failure a little later. */
async function endOf(id: string): Promise<RunRecord> {
  for (;;) {
    const record = await store.run("BranchFlow", id);
    if (record && record.status !== "running") return record;
    await new Promise((done) => setTimeout(done, 50));
  }
}

test("a run that is started from the console with {} leaves its artifacts and records", async () => {
  const { execution, run: id } = await run({});
  expect(execution.cause).toBeUndefined();
  expect(execution.status).toBe("SUCCEEDED");
  expect(await store.run("BranchFlow", id)).toMatchObject({
    status: "succeeded",
    parameters: { scale: 1 },
    owner: { kind: "execution", arn: execution.executionArn },
  });
  expect((await store.steps("BranchFlow", id)).toSorted()).toEqual(["a", "b", "end", "join", "start"]);
  const [end] = await store.tasks("BranchFlow", id, "end");
  expect(end?.attempts).toMatchObject([{ attempt: 0, status: "succeeded", log: { kind: "cloudwatch" } }]);
  expect(end?.committed?.artifacts.total?.inline).toBe("3");
});

test("the execution's input gives the parameters", async () => {
  const { run: id } = await run({ scale: 5 });
  const [end] = await store.tasks("BranchFlow", id, "end");
  expect(end?.committed?.artifacts.total?.inline).toBe("15");
});

test("a run with parameters that are not right is on record as failed, with the message that the console shows", async () => {
  const { execution, run: id } = await run({ scale: "large", sclae: 2 });
  expect(execution.status).toBe("FAILED");
  expect(execution.error).toBe("PARAMETER");
  const record = await endOf(id);
  expect(record).toMatchObject({ status: "failed", failure: { name: "PARAMETER" } });
  expect(record.failure?.message).toMatch(/scale must be .*received "large"/);
  expect(record.failure?.message).toMatch(/sclae/);
  expect(execution.cause).toContain("scale must be");
  expect(await store.steps("BranchFlow", id)).toEqual([]);
});

test("of a task that died without a word it is on record which one it was, which attempt, and why", async () => {
  await faults.add({ on: "lambda", do: "kill-at-start", where: { function: "BranchFlow-FlowStepsjoin*" } });
  const { execution, run: id } = await run({});
  expect(execution.status).toBe("FAILED");
  const record = await endOf(id);
  expect(record).toMatchObject({
    status: "failed",
    failure: { name: "Runtime.ExitError", task: { step: "join", path: "", visit: 0 }, attempt: 0 },
  });
  const [join] = await store.tasks("BranchFlow", id, "join");
  expect(join?.attempts).toMatchObject([{ attempt: 0, status: "failed", failure: { name: "Runtime.ExitError" } }]);
});
