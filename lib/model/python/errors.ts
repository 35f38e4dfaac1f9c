import { ModelError } from "../errors.ts";
import { RequestError } from "../server/errors.ts";

/** What a Python process tells of an exception. */
export interface ToldError {
  readonly message: string;
  /** Of the exceptions that Millrace raises on purpose. */
  readonly code?: string;
  readonly fix?: string;
  /** The exception's class. */
  readonly name?: string;
  readonly traceback?: string;
  readonly status?: number;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Seconds. */
  readonly retryAfter?: number;
}

/** What a service's method raised: for the log. */
export class PythonCallError extends Error {
  constructor({ name = "Exception", message, traceback }: ToldError) {
    super(message);
    this.name = name;
    if (traceback !== undefined) this.stack = traceback;
  }
}

/** A Python process that ended by itself, with all that it was doing. */
export class PythonDiedError extends ModelError {
  constructor(code: number | null, signal: NodeJS.Signals | null) {
    const how = signal === null ? `with exit code ${code}` : `by the signal ${signal}`;
    super("PYTHON_DIED", `The service's Python process ended ${how}.`, {
      fix: "What it wrote to standard error says more.",
    });
  }
}

/** What a service's file or one of its hooks raised. */
export class PythonServiceError extends ModelError {
  /** Without its traceback: `ValueError: X has 4 features`. */
  readonly raised: string;

  constructor({ name = "Exception", message, traceback }: ToldError) {
    const raised = `${name}: ${message}`;
    super("PYTHON_SERVICE", `The service raised ${name}:\n${traceback ?? raised}`, { fix: "Correct what it says." });
    this.raised = raised;
  }
}

/** A file, a hook or a model that keeps a service from running. */
export function brokenService(error: ToldError): ModelError {
  const { code, message, fix } = error;
  if (code === undefined) return new PythonServiceError(error);
  return new ModelError(code, message, fix === undefined ? {} : { fix });
}

/** A request that the service refused. */
export function refusal({ status = 500, code = "", message, fix, issues, retryAfter }: ToldError): RequestError {
  return new RequestError(status, code, message, {
    ...(fix !== undefined && { fix }),
    ...(issues !== undefined && { issues }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** A request that came while a process that had died was being started again. */
export function restarting(): RequestError {
  return new RequestError(503, "RESTARTING", "The service is starting again.", {
    fix: "Try again after the seconds of Retry-After.",
    retryAfter: 1,
  });
}
