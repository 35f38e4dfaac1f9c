import { beforeAll, expect, inject, test } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import { deployStack, startExecution, waitForExecution } from "./support/deploy.ts";

const aws = inject("aws");
let outputs: Record<string, string>;

beforeAll(async () => {
  const app = "node_modules/.bin/node test/aws/fixtures/batch-app.ts";
  outputs = (await deployStack(aws, { app })).Crunch ?? {};
});

test("a step on Batch boots its bundle, commits what it computed, and its choice is followed", async () => {
  const arn = await startExecution(aws, String(outputs.StateMachineArn));
  const execution = await waitForExecution(aws, arn);
  expect(execution.cause).toBeUndefined();
  const store = new DynamoMetadataStore({ table: String(outputs.Table), client: new AwsClient(aws.env) });
  const [end] = await store.tasks("Crunch", String(execution.name), "end");
  expect(end?.committed?.artifacts.sum?.inline).toBe("6");
  expect(end?.committed?.artifacts.size?.inline).toBe('"large"');
  const [crunch] = await store.tasks("Crunch", String(execution.name), "crunch");
  expect(crunch?.attempts).toMatchObject([{ attempt: 0, status: "succeeded" }]);
});
