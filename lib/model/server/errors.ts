import { isMillraceError, MillraceError } from "../../errors.ts";

/** One thing that is wrong with an input, and where in it. */
export interface InputIssue {
  /** From the input's top: `[0][2].width`; `""` is the input itself. */
  readonly path: string;
  readonly message: string;
}

interface RequestErrorDetails {
  readonly fix?: string;
  readonly issues?: readonly InputIssue[];
  /** Seconds. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** What a client is told: a status, a stable code, and words that give nothing of the service's internals away. */
export class RequestError extends MillraceError {
  readonly status: number;
  readonly issues: readonly InputIssue[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, details: RequestErrorDetails = {}) {
    super(code, message, {
      ...(details.fix !== undefined && { fix: details.fix }),
      ...("cause" in details && { cause: details.cause }),
    });
    this.status = status;
    this.issues = details.issues;
    this.retryAfter = details.retryAfter;
  }
}

/** Also of another copy of the package: a service's methods may refuse a request. */
export function isRequestError(value: unknown): value is RequestError {
  return isMillraceError(value) && "status" in value && typeof value.status === "number";
}

/** More requests than are answered in time. */
export function overloaded(retryAfter: number): RequestError {
  return new RequestError(503, "OVERLOADED", "There are more requests than are answered in time.", {
    fix: "Try again after the seconds of Retry-After.",
    retryAfter,
  });
}

/** The server ends: another one may answer. */
export function stopping(): RequestError {
  return new RequestError(503, "STOPPING", "The server is being stopped.", {
    fix: "Try again after the seconds of Retry-After.",
    retryAfter: 1,
  });
}
