import type { Json, JsonObject } from "./definition.ts";

const ENDPOINT = String(process.env.AWS_ENDPOINT_URL);

/** An error that a service answered. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A request as the machine's role; the emulator reads the service from the signature's scope and checks no more. */
export async function request(
  service: string,
  method: string,
  path: string,
  headers: object,
  body?: string,
): Promise<Response> {
  const response = await fetch(ENDPOINT + path, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      "x-amz-security-token": "stepfunctions",
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  if (response.ok) return response;
  const text = await response.text();
  const content = text.startsWith("{") ? (JSON.parse(text) as Record<string, string>) : {};
  const code =
    response.headers.get("x-amzn-errortype") ??
    content.__type ??
    /<Code>(.*?)<\/Code>/.exec(text)?.[1] ??
    "ServiceException";
  throw new ServiceError(
    code.replace(/^.*#/, "").replace(/:.*$/, ""),
    content.message ?? content.Message ?? text,
    response.status,
  );
}

const TARGETS: Record<string, string> = {
  dynamodb: "DynamoDB_20120810",
  events: "AWSEvents",
  logs: "Logs_20140328",
  sagemaker: "SageMaker",
  secretsmanager: "secretsmanager",
  sqs: "AmazonSQS",
  ssm: "AmazonSSM",
  states: "AWSStepFunctions",
};

/** Whether a service speaks the protocol of {@link callJson}. */
export function speaksJson(service: string): boolean {
  return Object.hasOwn(TARGETS, service);
}

/** An operation of a service whose protocol is JSON with a target header. */
export async function callJson(service: string, operation: string, input: Json): Promise<JsonObject> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `${TARGETS[service]}.${operation}` };
  const response = await request(service, "POST", "/", headers, JSON.stringify(input));
  return JSON.parse((await response.text()) || "{}");
}

/** An operation of Batch. */
export async function callBatch(operation: string, input: Json): Promise<JsonObject> {
  const headers = { "content-type": "application/json" };
  return (await (
    await request("batch", "POST", `/v1/${operation}`, headers, JSON.stringify(input))
  ).json()) as JsonObject;
}

/** The text of an object in S3. */
export async function getObject(bucket: string, key: string): Promise<string> {
  const path = `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return (await request("s3", "GET", path, {})).text();
}
