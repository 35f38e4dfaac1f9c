import { beforeAll, expect, inject, test } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import { deployStack, startExecution, waitForExecution } from "./support/deploy.ts";

const aws = inject("aws");
let stateMachine: string;
let store: DynamoMetadataStore;

beforeAll(async () => {
  const outputs = await deployStack(aws, { app: "node_modules/.bin/node bin/app.ts", stacks: ["BranchFlow"] });
  stateMachine = String(outputs.BranchFlow?.StateMachineArn);
  store = new DynamoMetadataStore({ table: String(outputs.Millrace?.Table), client: new AwsClient(aws.env) });
});

/** Starts a run and waits for its end; the run's id is the execution's name. */
async function run(input: unknown) {
  const execution = await waitForExecution(aws, await startExecution(aws, stateMachine, input));
  return { execution, run: String(execution.name) };
}

test("a run that is started from the console with {} leaves its artifacts and records", async () => {
  const { execution, run: id } = await run({});
  expect(execution.cause).toBeUndefined();
  expect(execution.status).toBe("SUCCEEDED");
  const record = await store.run("BranchFlow", id);
  expect(record).toMatchObject({ status: "succeeded", parameters: { scale: 1 }, owner: { arn: execution.executionArn } });
  expect((await store.steps("BranchFlow", id)).toSorted()).toEqual(["a", "b", "end", "join", "start"]);
  const [end] = await store.tasks("BranchFlow", id, "end");
  expect(end?.attempts).toMatchObject([{ attempt: 0, status: "succeeded", log: { kind: "cloudwatch" } }]);
  expect(end?.committed?.artifacts.total?.inline).toBe("3");
});
