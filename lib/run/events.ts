import type { Failure, RunRecord, TaskKey } from "../metadata/records.ts";
import type { LogLine } from "./log.ts";

/** What happens in a run, as it happens. */
export type RunEvent =
  /** Before the run: packages of Python steps are installed, which may take a while. */
  | { readonly type: "environment-building"; readonly packages: string }
  | { readonly type: "run-started"; readonly run: RunRecord }
  | { readonly type: "task-started"; readonly task: TaskKey; readonly attempt: number }
  /** All of the same stream. */
  | { readonly type: "lines"; readonly task: TaskKey; readonly attempt: number; readonly lines: readonly LogLine[] }
  | { readonly type: "task-succeeded"; readonly task: TaskKey; readonly attempt: number; readonly seconds: number }
  /** An attempt failed; the next one begins in `delay` seconds. */
  | {
      readonly type: "task-retrying";
      readonly task: TaskKey;
      readonly attempt: number;
      readonly failure: Failure;
      readonly delay: number;
    }
  | { readonly type: "task-failed"; readonly task: TaskKey; readonly attempt: number; readonly failure: Failure }
  /** A timer or a promise that a task left behind failed after the task's end, which it does not change. */
  | { readonly type: "late-error"; readonly task: TaskKey; readonly attempt: number; readonly failure: Failure }
  | { readonly type: "run-ended"; readonly run: RunRecord };
