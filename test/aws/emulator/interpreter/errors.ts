/** An error of the States Language: what `Retry` and `Catch` match by name. */
export class StateError extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.name = "StateError";
    this.error = error;
  }
}

/** The execution was stopped, or a sibling's failure ended this branch: no `Catch` sees it. */
export class Aborted extends Error {}

/** `error` as the States Language sees it: what is none of ours is a fault of the interpreter or of a definition. */
export function toStateError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  return new StateError("States.Runtime", error instanceof Error ? (error.stack ?? error.message) : String(error));
}

// Neither States.ALL nor States.TaskFailed covers these.
const TERMINAL = new Set(["States.DataLimitExceeded", "States.Runtime"]);

/** Whether one of the names in an `ErrorEquals` covers an error. */
export function covers(errorEquals: readonly string[], error: string): boolean {
  return errorEquals.some(
    (name) =>
      name === error ||
      (name === "States.ALL" && !TERMINAL.has(error)) ||
      (name === "States.TaskFailed" && error !== "States.Timeout" && !TERMINAL.has(error)),
  );
}
