import type { CfnEndpointConfig } from "aws-cdk-lib/aws-sagemaker";
import { DeployError } from "../errors.ts";
import { given } from "../props.ts";
import type { ModelEndpointProps } from "./endpoint-props.ts";
import type { BucketPrefix } from "./endpoint-role.ts";

/** Where an endpoint's objects are, as far as it has any. */
export interface EndpointObjects {
  readonly captured?: BucketPrefix;
  readonly requests?: BucketPrefix;
  readonly answers?: BucketPrefix;
}

/** @throws DeployError where a bucket is needed and none is known. */
export function objectsOf(endpointName: string, props: ModelEndpointProps): EndpointObjects {
  const { dataCapture, asynchronous, environment } = props;
  const inEnvironment = (what: string, folder: string): BucketPrefix => {
    if (environment) return { bucket: environment.bucket, prefix: `endpoints/${endpointName}/${folder}/` };
    throw new DeployError(
      `${what} needs a bucket, and the endpoint has no environment whose bucket it could use.`,
      `Give ${what} a bucket and a prefix, or the endpoint an environment.`,
    );
  };
  const captured = dataCapture && (dataCapture.destination ?? inEnvironment("dataCapture.destination", "captured"));
  const requests = asynchronous && (asynchronous.input ?? inEnvironment("asynchronous.input", "requests"));
  const answers = asynchronous && (asynchronous.output ?? inEnvironment("asynchronous.output", "answers"));
  for (const part of [captured, requests, answers]) if (part) checkPrefix(part.prefix);
  return given({ captured, requests, answers });
}

/** What captures requests and answers. */
export function captureConfig(
  { dataCapture }: ModelEndpointProps,
  { captured }: EndpointObjects,
): CfnEndpointConfig.DataCaptureConfigProperty | undefined {
  if (!captured) return undefined;
  return {
    enableCapture: true,
    initialSamplingPercentage: dataCapture?.percentage ?? 100,
    destinationS3Uri: urlOf(captured),
    captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
    // JSON is captured as it is; anything else as Base64.
    captureContentTypeHeader: { jsonContentTypes: ["application/json"] },
    ...given({ kmsKeyId: captured.bucket.encryptionKey?.keyArn }),
  };
}

/** What lets requests wait. */
export function asyncConfig(
  { asynchronous }: ModelEndpointProps,
  { answers }: EndpointObjects,
): CfnEndpointConfig.AsyncInferenceConfigProperty | undefined {
  if (!asynchronous || !answers) return undefined;
  const { successTopic, errorTopic, maxConcurrentInvocations: maxConcurrentInvocationsPerInstance } = asynchronous;
  const topics = given({ successTopic: successTopic?.topicArn, errorTopic: errorTopic?.topicArn });
  return {
    outputConfig: {
      s3OutputPath: urlOf(answers),
      s3FailurePath: urlOf({ ...answers, prefix: `${answers.prefix}failures/` }),
      ...given({ kmsKeyId: answers.bucket.encryptionKey?.keyArn }),
      ...(Object.keys(topics).length > 0 && { notificationConfig: topics }),
    },
    ...(maxConcurrentInvocationsPerInstance !== undefined && { clientConfig: { maxConcurrentInvocationsPerInstance } }),
  };
}

function urlOf({ bucket, prefix }: BucketPrefix): string {
  return bucket.s3UrlForObject(prefix.slice(0, -1));
}

function checkPrefix(prefix: string): void {
  if (/^[^/*?].*\/$/.test(prefix) && !/[*?]/.test(prefix)) return;
  throw new DeployError(
    `The prefix ${JSON.stringify(prefix)} is no folder of a bucket.`,
    'Write "endpoints/iris/", with a slash at the end and none at the beginning.',
  );
}
