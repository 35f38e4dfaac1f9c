import type { AwsClient } from "./client.ts";
import { AwsError } from "./errors.ts";
import { remedyFor } from "./failures.ts";
import { callJson, type JsonService } from "./json-protocol.ts";

const service: JsonService = { service: "sagemaker", host: "api.sagemaker", version: "1.1", target: "SageMaker" };

/**
 * Calls an operation of SageMaker with the payload that its API reference gives, and answers with the parsed answer.
 *
 * @throws AwsError, CredentialsError
 * @example
 * await sagemaker(client, "DescribeEndpoint", { EndpointName: "iris" });
 */
export function sagemaker(client: AwsClient, operation: string, payload: object): Promise<Record<string, unknown>> {
  return callJson(client, service, operation, payload);
}

/** Whether SageMaker itself has refused what it was asked for, and would again. */
export function isRefusal(error: unknown): error is AwsError {
  return error instanceof AwsError && error.operation.startsWith("SageMaker ") && remedyFor(error) === "give up";
}

/** What to do about a refusal. */
export function fixOf({ awsCode, message, fix }: AwsError): string {
  if (awsCode === "ResourceLimitExceeded" || /quota|limit/i.test(message)) {
    return "Ask for a higher quota in Service Quotas, or give the step another instanceType or serverless.";
  }
  return fix ?? "Change what SageMaker refuses.";
}

/** Of a thing that is not there, SageMaker says so in words alone. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AwsError && error.awsCode === "ValidationException" && /could not find/i.test(error.message);
}

/** What was asked for twice is there: the answer to the first call was lost. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof AwsError && /already exist/i.test(error.message);
}
