import type { Retry } from "../../lib/flow/definition.ts";
import type { Retrier } from "./asl.ts";

const patiently = {
  IntervalSeconds: 2,
  MaxAttempts: 20,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: "FULL",
} as const;

/** The service is busy or failed, not the task: these don't use up the retries that the user asked for. */
export const serviceRetriers = {
  lambda: {
    ErrorEquals: [
      "Lambda.TooManyRequestsException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
    ],
    ...patiently,
  },
  batch: {
    ErrorEquals: [
      "Batch.TooManyRequestsException",
      "Batch.ServerException",
      "Batch.AWSBatchException",
      "Batch.SdkClientException",
    ],
    ...patiently,
  },
  // It only reads: any failure may be tried again.
  dynamodb: { ErrorEquals: ["States.ALL"], ...patiently },
  sagemaker: { ErrorEquals: ["SageMaker.ThrottlingException", "SageMaker.SdkClientException"], ...patiently },
} as const satisfies Record<string, Retrier>;

/** The service's retrier, and the user's for whatever else ends an attempt, a time-out too. Step Functions counts each by itself. */
export function retriers(service: Retrier, retry: Retry | undefined): readonly Retrier[] {
  if (retry === undefined || retry.times === 0) return [service];
  const user: Retrier = {
    ErrorEquals: ["States.ALL"],
    // Whole seconds, from 1 on, are what the service takes.
    IntervalSeconds: Math.max(1, Math.ceil(retry.interval)),
    MaxAttempts: retry.times,
    BackoffRate: Math.max(1, retry.backoff),
  };
  return [service, user];
}
