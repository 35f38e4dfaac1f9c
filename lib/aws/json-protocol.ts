import type { AwsClient, Service } from "./client.ts";

/** How a service that takes and gives JSON is called: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export interface JsonService {
  readonly service: Service;
  /** Of its address: `api.sagemaker`. */
  readonly host: string;
  readonly version: "1.0" | "1.1";
  /** What stands before an operation's name: `DynamoDB_20120810`. */
  readonly target: string;
}

/**
 * Calls an operation with the payload that the service's API reference gives, and answers with the parsed answer.
 *
 * @throws AwsError, CredentialsError
 */
export async function callJson(
  client: AwsClient,
  { service, host, version, target }: JsonService,
  operation: string,
  payload: object,
): Promise<Record<string, unknown>> {
  const endpoint = client.endpoint(service) ?? `https://${host}.${client.region}.${client.domain}`;
  const { content } = await client.send({
    service,
    operation,
    method: "POST",
    url: new URL(`${endpoint}/`),
    headers: { "content-type": `application/x-amz-json-${version}`, "x-amz-target": `${target}.${operation}` },
    body: new TextEncoder().encode(JSON.stringify(payload)),
  });
  return content.byteLength === 0 ? {} : JSON.parse(new TextDecoder().decode(content));
}
