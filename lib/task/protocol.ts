import type { BlobStore } from "../data/store.ts";
import type { Json, StepDefinition } from "../flow/definition.ts";
import type { Exit, Join, Place } from "../flow/fold.ts";
import type { DeploymentRecord } from "../metadata/deployments.ts";
import type { Failure, TaskCommit, TaskKey } from "../metadata/records.ts";

/** What travels from state to state and, with the attempt's marks, to a task. Never data. */
export interface StepState {
  readonly run: string;
  readonly path: string;
  readonly visit: number;
  /** The task that came before, as `step/path/visit`; of a join, the one that opened the split or foreach; `""` before `start`. */
  readonly from: string;
  /** On AWS, inside of foreachs: how many iterations each has, outermost first, as `"40.3"`. A task's address in DynamoDB depends on them. */
  readonly counts?: string;
}

/** All that a task must know of its flow: a step's bundle carries this and nothing of the other steps. */
export interface StepContext {
  readonly flow: string;
  readonly step: string;
  readonly definition: StepDefinition;
  readonly role: Place["role"];
  readonly exits: readonly ExitKind[];
  readonly join?: Join;
  readonly parameters: readonly string[];
  readonly artifacts: readonly string[];
}
export type ExitKind = Exit["kind"];

/** An attempt with all of its inputs' addresses resolved: a worker needs no metadata store to run it. */
export interface AttemptRequest extends TaskKey {
  readonly run: string;
  readonly attempt: number;
  /** Of `start`: the run's parameters and tags. */
  readonly begin?: { readonly parameters: Readonly<Record<string, Json>>; readonly tags: readonly string[] };
  /** What the task before left behind; of a join, what the splitter did. Absent for `start`. */
  readonly before?: TaskCommit;
  /** Of a join: its inputs, in the order of branches or iterations. */
  readonly inputs?: readonly JoinInput[];
}

export interface JoinInput extends TaskKey {
  /** The branch's name: its first step. */
  readonly branch: string;
  readonly commit: TaskCommit;
}

export type AttemptOutcome =
  | { readonly status: "succeeded"; readonly commit: TaskCommit }
  /** `deployment`: what it tried to deploy. */
  | { readonly status: "failed"; readonly failure: Failure; readonly deployment?: DeploymentRecord };

/** One attempt of one task: load what the step reads, run it, encode and store what it leaves. */
export type RunAttempt = (
  context: StepContext,
  request: AttemptRequest,
  body: unknown,
  blobs: BlobStore,
) => Promise<AttemptOutcome>;
