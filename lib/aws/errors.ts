import { type ErrorDetails, MillraceError } from "../errors.ts";

export interface AwsAnswer {
  /** The service's own code, such as `AccessDenied` or `ConditionalCheckFailedException`; the network's where no answer came. */
  readonly awsCode: string;
  /** 0 where no answer came. */
  readonly status: number;
  readonly requestId?: string | undefined;
  /** What else the answer says: with a failed condition, DynamoDB gives the item that is there. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds that the service asks to wait. */
  readonly retryAfter?: number | undefined;
}

/** A call that AWS refused, or that did not come through, all attempts included. */
export class AwsError extends MillraceError implements AwsAnswer {
  /** `S3 GetObject`, `DynamoDB UpdateItem`. */
  readonly operation: string;
  readonly awsCode: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfter: number | undefined;

  constructor(operation: string, message: string, answer: AwsAnswer, details?: ErrorDetails) {
    const request = answer.requestId === undefined ? "" : `, request ${answer.requestId}`;
    const status = answer.status === 0 ? "" : ` (${answer.status}${request})`;
    super("AWS", `${operation} failed with ${answer.awsCode}${status}: ${message}`, details);
    this.operation = operation;
    this.awsCode = answer.awsCode;
    this.status = answer.status;
    this.requestId = answer.requestId;
    this.body = answer.body;
    this.retryAfter = answer.retryAfter;
  }
}

/** No credentials were found, or those that were found are not accepted. */
export class CredentialsError extends MillraceError {
  constructor(message: string, details?: ErrorDetails) {
    super("AWS_CREDENTIALS", message, details);
  }
}
