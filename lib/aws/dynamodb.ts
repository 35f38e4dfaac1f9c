import type { AwsClient } from "./client.ts";

/**
 * Calls an operation of DynamoDB with the payload that its API reference gives, and answers with the parsed answer.
 *
 * A call whose answer was lost is repeated: a conditional write must tell its own earlier attempt from somebody else's.
 *
 * @throws AwsError, with the item that is there in `body.Item` where a condition failed and the payload asked for it; CredentialsError
 * @example
 * await dynamo(client, "GetItem", { TableName: "runs", Key: marshall({ pk: "FLOWS", sk: "BranchFlow" }) });
 */
export async function dynamo(client: AwsClient, operation: string, payload: object): Promise<Record<string, unknown>> {
  const endpoint = client.endpoint("dynamodb") ?? `https://dynamodb.${client.region}.${client.domain}`;
  const { content } = await client.send({
    service: "dynamodb",
    operation,
    method: "POST",
    url: new URL(`${endpoint}/`),
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
    body: new TextEncoder().encode(JSON.stringify(payload)),
  });
  return JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown>;
}
