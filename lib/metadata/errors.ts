import { type ErrorDetails, MillraceError } from "../errors.ts";
import type { ExecutionOwner, LocalOwner, TaskKey } from "./records.ts";

/** The base of everything that the records' stores raise on purpose. */
export class MetadataError extends MillraceError {}

/** Another process or execution already has this run id. */
export class RunExistsError extends MetadataError {
  constructor(flow: string, run: string, owner: LocalOwner | ExecutionOwner) {
    const by = owner.kind === "process" ? `process ${owner.pid} on ${owner.host}` : `execution ${owner.arn}`;
    super("RUN_EXISTS", `There is already a run ${flow}/${run}, begun by ${by}.`, {
      fix: "Begin under another run id.",
    });
  }
}

export class RunUnknownError extends MetadataError {
  constructor(flow: string, run: string) {
    super("RUN_UNKNOWN", `There is no run ${flow}/${run}.`, {
      fix: "Begin the run before its tasks, end or tags are recorded.",
    });
  }
}

/** An attempt was ended that had not been started. */
export class AttemptUnknownError extends MetadataError {
  constructor(task: TaskKey & { readonly flow: string; readonly run: string }, token: string) {
    const name = `${task.flow}/${task.run}/${task.step}`;
    const where = `path ${JSON.stringify(task.path)}, visit ${task.visit}`;
    super("ATTEMPT_UNKNOWN", `No attempt ${JSON.stringify(token)} of ${name} (${where}) was started.`, {
      fix: "Start the attempt, with the same token, before it is committed or failed.",
    });
  }
}

/** A record was found that this version of Millrace did not write. */
export class RecordCorruptError extends MetadataError {
  constructor(record: string, column: string, value: unknown, cause?: unknown) {
    super("RECORD_CORRUPT", `The ${column} of ${record} cannot be read: ${excerpt(value)}.`, {
      fix: "The record was damaged or written by another program: restore it from a backup, or delete the run.",
      cause,
    });
  }
}

/** DynamoDB takes no item above 400 KB. */
export class RecordTooLargeError extends MetadataError {
  constructor(record: string, cause: unknown) {
    super("RECORD_TOO_LARGE", `What is to be recorded of ${record} is more than the 400 KB of a DynamoDB item.`, {
      fix: "Put many artifacts into one (an object or a list), long parameters into a file, fewer tags on the run.",
      cause,
    });
  }
}

/** What keeps a store as a whole from being used. */
export type StoreFault =
  | "STORE_BUSY"
  | "STORE_CORRUPT"
  | "STORE_FAULT"
  | "STORE_FULL"
  | "STORE_MISSING"
  | "STORE_UNWRITABLE"
  | "STORE_VERSION";

export class MetadataStoreError extends MetadataError {
  constructor(code: StoreFault, message: string, details: ErrorDetails) {
    super(code, message, details);
  }
}

function excerpt(value: unknown): string {
  const text = typeof value === "string" ? value : String(JSON.stringify(value));
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
