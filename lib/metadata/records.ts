import type { ArtifactRef, Manifest } from "../data/store.ts";
import type { Json } from "../flow/definition.ts";
import type { DeploymentRecord } from "./deployments.ts";
import type { ModelRecord } from "./models.ts";

/** `interrupted`: stopped by a person (Ctrl-C, StopExecution). `lost`: the runner died without a word; never stored by itself, found on reading. */
export type RunStatus = "running" | "succeeded" | "failed" | "timed_out" | "interrupted" | "lost";

export interface RunRecord {
  readonly flow: string;
  readonly run: string;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** Sorted. */
  readonly tags: readonly string[];
  /** The flow's steps in the order of declaration: where the records themselves keep no list of the steps that began, these are looked for. */
  readonly steps?: readonly string[];
  /** Who runs it: a process of this machine, or a Step Functions execution. */
  readonly owner: LocalOwner | ExecutionOwner;
  /** Of a run that did not succeed: what failed first. */
  readonly failure?: Failure;
}

export interface LocalOwner {
  readonly kind: "process";
  readonly host: string;
  readonly pid: number;
  /** When the process began, in the operating system's own words: a process id comes again. */
  readonly began: string;
}

export interface ExecutionOwner {
  readonly kind: "execution";
  readonly arn: string;
  readonly startedAt: string;
}

/** Which task of a run. */
export interface TaskKey {
  readonly step: string;
  /** Indices of the foreachs around it, outermost first: `"3.1"`; `""` outside of any. `~v` behind an index or at the start tells the visit of a step that opened a nested region in a loop. */
  readonly path: string;
  /** How often a loop came by before; 0 the first time. */
  readonly visit: number;
}

export interface TaskRecord extends TaskKey {
  readonly attempts: readonly AttemptRecord[];
  /** What the attempt that won left behind. */
  readonly committed?: TaskCommit;
}

export interface AttemptRecord {
  /** 0 the first time. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly status: "running" | "succeeded" | "failed";
  readonly failure?: Failure;
  /** Where the attempt's console lines are: a file of the store, or a log group, stream and request. */
  readonly log?: LogPointer;
}

export type LogPointer =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "cloudwatch"; readonly group: string; readonly stream: string; readonly request?: string };

/** Everything that comes after a task depends on: written once, by the attempt that wins. */
export interface TaskCommit {
  readonly attempt: number;
  /** Every artifact that is visible after the task, parameters too. */
  readonly artifacts: Manifest;
  /** Which of the step's transitions was taken: an index; -1 for `end`. */
  readonly transition: number;
  /** Of a task that ends in a foreach. */
  readonly foreach?: { readonly count: number; readonly frames: readonly Frame[] };
  /** Of a task inside a foreach: its iteration's item. */
  readonly item?: Item;
  readonly tags?: readonly string[];
  /** What the task saved as models. */
  readonly models?: readonly ModelRecord[];
  /** What the task put in service. */
  readonly deployment?: DeploymentRecord;
}

/** Consecutive items, encoded together as an array. */
export interface Frame {
  readonly items: number;
  readonly ref: ArtifactRef;
}

export interface Item {
  readonly index: number;
  /** How many iterations the foreach has. */
  readonly count: number;
  /** The frame that holds the item, and its position there. */
  readonly frame: ArtifactRef;
  readonly position: number;
}

export interface Failure {
  /** The error's name or code. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly task?: TaskKey;
  readonly attempt?: number;
}
