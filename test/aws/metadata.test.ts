import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { dynamo } from "../../lib/aws/dynamodb.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import { tableSchema } from "../../lib/metadata/keys.ts";
import { address, commitOf, runRecord, specifyMetadataStore, time } from "../metadata/store-specification.ts";
import { type Emulator, startEmulator } from "./support/emulator.ts";

let emulator: Emulator;
let client: AwsClient;
let tables = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  client = new AwsClient(emulator.env);
}, 120_000);

afterAll(() => emulator?.stop());

async function createTable(): Promise<string> {
  const table = `records-${tables++}`;
  const { partitionKey, sortKey, index } = tableSchema;
  const keySchema = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
    { AttributeName: partitionKey, KeyType: "HASH" },
    { AttributeName: sortKey, KeyType: "RANGE" },
  ];
  const attributes = [partitionKey, sortKey, index.partitionKey, index.sortKey];
  await dynamo(client, "CreateTable", {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: attributes.map((name) => ({ AttributeName: name, AttributeType: "S" })),
    KeySchema: keySchema(tableSchema),
    GlobalSecondaryIndexes: [
      { IndexName: index.name, KeySchema: keySchema(index), Projection: { ProjectionType: "ALL" } },
    ],
  });
  return table;
}

describe("records in DynamoDB", () => {
  describe("as everywhere", () => {
    specifyMetadataStore(async () => {
      const table = await createTable();
      return {
        open: () => new DynamoMetadataStore({ table, client }),
        remove: async () => {
          await dynamo(client, "DeleteTable", { TableName: table });
        },
      };
    });
  });
});
