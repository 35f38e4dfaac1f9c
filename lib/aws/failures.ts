import { type AwsAnswer, AwsError } from "./errors.ts";
import type { HttpResponse } from "./http.ts";

const throttles = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
]);
const transient = new Set([
  "RequestTimeout",
  "RequestTimeoutException",
  "InternalError",
  "InternalServerError",
  "ConditionalRequestConflict",
  "TransactionInProgressException",
]);
const expired = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"]);
/** Why a transaction was cancelled where the same one may go through a moment later. */
const passing = new Set(["None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]);

const fixes: Readonly<Record<string, string>> = {
  AccessDenied:
    "Grant the role this action on the bucket; without s3:ListBucket, an object that is not there is answered so too.",
  AccessDeniedException: "Grant the role this action on what is named.",
  NoSuchBucket: "Check the bucket's name and region.",
  ResourceNotFoundException: "Check the table's name and region.",
};

/** What to do about a failed attempt. */
export type Remedy = "retry" | "slow down" | "refresh" | "give up";

export function remedyFor(error: unknown): Remedy {
  if (!(error instanceof AwsError)) return "retry";
  const { awsCode, status, body } = error;
  if (throttles.has(awsCode) || status === 429 || status === 503) return "slow down";
  if (expired.has(awsCode)) return "refresh";
  if (status === 0 || status >= 500 || transient.has(awsCode)) return "retry";
  const reasons = awsCode === "TransactionCanceledException" ? body?.CancellationReasons : undefined;
  return Array.isArray(reasons) && reasons.every((reason) => passing.has(Object(reason).Code))
    ? "slow down"
    : "give up";
}

/** The error of an answer that is none of success, in S3's XML or DynamoDB's JSON. */
export function failureOf(operation: string, { status, headers, content }: HttpResponse): AwsError {
  const text = new TextDecoder().decode(content);
  const { awsCode, message, body } = text.startsWith("{") ? fromJson(text) : fromXml(text);
  const answer: AwsAnswer = {
    awsCode: awsCode ?? (status === 404 ? "NotFound" : status === 403 ? "AccessDenied" : `HTTP${status}`),
    status,
    requestId: [headers["x-amzn-requestid"] ?? headers["x-amz-request-id"]].flat()[0],
    body,
    retryAfter: retryAfter(headers),
  };
  const fix = fixes[answer.awsCode];
  return new AwsError(operation, message ?? "The service gave no reason.", answer, fix === undefined ? {} : { fix });
}

/** The error of an attempt to which no answer came. */
export function lostCall(operation: string, error: unknown): AwsError {
  const { code, name, message } = Object(error) as { code?: unknown; name?: unknown; message?: unknown };
  return noAnswer(
    operation,
    typeof code === "string" ? code : String(name ?? "NetworkError"),
    String(message ?? error),
    error,
  );
}

/** @param reason The network's code, such as `ECONNREFUSED`. */
export function noAnswer(operation: string, reason: string, message: string, cause?: unknown): AwsError {
  const fix = "Check the network, and that the endpoint can be reached from here.";
  return new AwsError(operation, message, { awsCode: reason, status: 0 }, { cause, fix });
}

interface Decoded {
  readonly awsCode?: string | undefined;
  readonly message?: string | undefined;
  readonly body?: Readonly<Record<string, unknown>>;
}

function fromJson(text: string): Decoded {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const { __type, message, Message } = body;
    return {
      awsCode: typeof __type === "string" ? __type.split("#").at(-1) : undefined,
      message: asText(message) ?? asText(Message),
      body,
    };
  } catch {
    return {};
  }
}

function fromXml(text: string): Decoded {
  return { awsCode: xmlElement(text, "Code"), message: xmlElement(text, "Message") };
}

/** The text of the first element of that name, which has no elements in it. */
export function xmlElement(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, entity: string) => ({ lt: "<", gt: ">", quot: '"', apos: "'" })[entity] ?? "&",
  );
}

/** In milliseconds; a date instead of seconds is not used by AWS. */
function retryAfter(headers: HttpResponse["headers"]): number | undefined {
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
