import type { DeploymentRecords } from "./deployments.ts";
import type { LineageRecords } from "./lineage.ts";
import type { ModelRecords } from "./models.ts";
import type {
  AttemptRecord,
  Failure,
  LogPointer,
  RunRecord,
  RunStatus,
  TaskCommit,
  TaskKey,
  TaskRecord,
} from "./records.ts";

/** A task within its run. `count`: iterations of the innermost foreach around it, which decides over how many partitions its records spread. */
export interface TaskAddress extends TaskKey {
  readonly flow: string;
  readonly run: string;
  readonly count?: number;
}

export interface RunEnd {
  readonly status: Exclude<RunStatus, "running" | "lost">;
  readonly endedAt: string;
  readonly failure?: Failure;
  /** Orders ends that are reported more than once: a later redrive wins over an earlier one. */
  readonly redrive?: number;
}

/** The writes of a run. Each is one conditional write (or one transaction), so that a kill leaves nothing half-written. */
export interface MetadataWriter {
  /** @throws RunExistsError where another execution or process already has this run id; the same owner may begin again. */
  beginRun(run: RunRecord): Promise<void>;
  /**
   * Notes that an attempt begins. `token` names it: the same token again is the same attempt. Answers with the attempt's number and, where an
   * attempt has already won, with what it committed: the caller then must not run.
   */
  startAttempt(
    task: TaskAddress,
    token: string,
    startedAt: string,
    log?: LogPointer,
  ): Promise<{ attempt: number; committed?: TaskCommit }>;
  failAttempt(task: TaskAddress, token: string, endedAt: string, failure: Failure): Promise<void>;
  /** Answers with the winner's commit: this one, or that of the attempt that was faster. The winner's models and deployment are there from then on. */
  commit(task: TaskAddress, token: string, endedAt: string, commit: TaskCommit): Promise<TaskCommit>;
  endRun(flow: string, run: string, end: RunEnd): Promise<void>;
  addTags(flow: string, run: string, tags: readonly string[]): Promise<void>;
  removeTags(flow: string, run: string, tags: readonly string[]): Promise<void>;
}

export interface MetadataReader {
  flows(): Promise<readonly string[]>;
  run(flow: string, run: string): Promise<RunRecord | undefined>;
  /** Newest first. `before`: only those that started before this time (ISO 8601). */
  runs(
    flow: string,
    options?: { readonly limit?: number; readonly tag?: string; readonly before?: string },
  ): Promise<readonly RunRecord[]>;
  latestRun(flow: string, which: "any" | "succeeded"): Promise<RunRecord | undefined>;
  /** The steps of which a task was begun, in the order of their first attempts. */
  steps(flow: string, run: string): Promise<readonly string[]>;
  /** Consistent. */
  task(task: TaskAddress): Promise<TaskRecord | undefined>;
  /**
   * Consistent. The tasks of a step at exactly `path`, or whose path begins with `prefix` (by character: `"3"` finds `"30"` too, `"3."` only what
   * is below index 3; `""`, the default, finds all), in the order of path, index by index, and visit.
   */
  tasks(
    flow: string,
    run: string,
    step: string,
    options?: { readonly prefix?: string; readonly path?: string; readonly count?: number },
  ): Promise<readonly TaskRecord[]>;
}

export interface MetadataStore extends MetadataReader, MetadataWriter {
  readonly models: ModelRecords;
  readonly deployments: DeploymentRecords;
  readonly lineage: LineageRecords;
  close(): Promise<void>;
}

export type { AttemptRecord };
