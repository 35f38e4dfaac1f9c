import type { AwsClient } from "../../../lib/aws/client.ts";
import { dynamo } from "../../../lib/aws/dynamodb.ts";
import { tableSchema } from "../../../lib/metadata/keys.ts";

/** Makes a table for records, as the FlowEnvironment does. */
export async function createTable(client: AwsClient, name: string): Promise<string> {
  const { partitionKey, sortKey, index } = tableSchema;
  const keySchema = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
    { AttributeName: partitionKey, KeyType: "HASH" },
    { AttributeName: sortKey, KeyType: "RANGE" },
  ];
  const attributes = [partitionKey, sortKey, index.partitionKey, index.sortKey];
  await dynamo(client, "CreateTable", {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: attributes.map((each) => ({ AttributeName: each, AttributeType: "S" })),
    KeySchema: keySchema(tableSchema),
    GlobalSecondaryIndexes: [
      { IndexName: index.name, KeySchema: keySchema(index), Projection: { ProjectionType: "ALL" } },
    ],
  });
  return name;
}
