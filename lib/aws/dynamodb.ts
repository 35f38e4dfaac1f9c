import type { AwsClient } from "./client.ts";
import { callJson, type JsonService } from "./json-protocol.ts";

const dynamodb: JsonService = { service: "dynamodb", host: "dynamodb", version: "1.0", target: "DynamoDB_20120810" };

/**
 * Calls an operation of DynamoDB with the payload that its API reference gives, and answers with the parsed answer.
 *
 * A call whose answer was lost is repeated: a conditional write must tell its own earlier attempt from somebody else's.
 *
 * @throws AwsError, with the item that is there in `body.Item` where a condition failed and the payload asked for it; CredentialsError
 * @example
 * await dynamo(client, "GetItem", { TableName: "runs", Key: marshall({ pk: "FLOWS", sk: "BranchFlow" }) });
 */
export function dynamo(client: AwsClient, operation: string, payload: object): Promise<Record<string, unknown>> {
  return callJson(client, dynamodb, operation, payload);
}
