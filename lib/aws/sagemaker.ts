import type { AwsClient } from "./client.ts";
import { AwsError } from "./errors.ts";

/**
 * Calls an operation of SageMaker with the payload that its API reference gives, and answers with the parsed answer.
 *
 * @throws AwsError, CredentialsError
 * @example
 * await sagemaker(client, "DescribeEndpoint", { EndpointName: "iris" });
 */
export async function sagemaker(
  client: AwsClient,
  operation: string,
  payload: object,
): Promise<Record<string, unknown>> {
  const endpoint = client.endpoint("sagemaker") ?? `https://api.sagemaker.${client.region}.${client.domain}`;
  const { content } = await client.send({
    service: "sagemaker",
    operation,
    method: "POST",
    url: new URL(`${endpoint}/`),
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `SageMaker.${operation}` },
    body: new TextEncoder().encode(JSON.stringify(payload)),
  });
  return content.byteLength === 0 ? {} : JSON.parse(new TextDecoder().decode(content));
}

/** Of a thing that is not there, SageMaker says so in words alone. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AwsError && error.awsCode === "ValidationException" && /could not find/i.test(error.message);
}

/** What was asked for twice is there: the answer to the first call was lost. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof AwsError && /already exist/i.test(error.message);
}
