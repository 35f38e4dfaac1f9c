const brand = Symbol.for("millrace.error");

/** Where a fault was found: a file, relative to the folder that the command runs in, and a line counted from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
}

export interface ErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly fix?: string;
  readonly at?: Location | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error that Millrace raises on purpose: its message says what is wrong and which value was received, `at` where, and
 * `fix` what to do. The command prints these three and no stack trace.
 */
export class MillraceError extends Error {
  readonly [brand] = true;
  /** Stable, so that a program can act on it; the text may change. */
  readonly code: string;
  readonly fix: string | undefined;
  readonly at: Location | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.fix = details.fix;
    this.at = details.at;
  }
}

/** Whether `value` is a {@link MillraceError}, also one of another copy of the package. */
export function isMillraceError(value: unknown): value is MillraceError {
  return typeof value === "object" && value !== null && brand in value;
}
