import type { BlobStore } from "../data/store.ts";
import { iterationCount } from "../flow/path.ts";
import type { LogPointer, TaskCommit, TaskKey } from "../metadata/records.ts";
import type { MetadataStore, TaskAddress } from "../metadata/store.ts";
import { runAttempt } from "./attempt.ts";
import { NoPredecessorError, NoRunError } from "./errors.ts";
import type { TaskAnswer } from "./events.ts";
import { TaskFailedError } from "./failure.ts";
import type { AttemptRequest, StepContext, StepState } from "./protocol.ts";
import { enter, joinInputs } from "./resolve.ts";

/** What a state machine hands to a task, and how its attempt is known. */
export interface Performance extends StepState {
  /** Names the attempt: the same token again is the same attempt. */
  readonly token: string;
  readonly redrive?: number;
  readonly log?: LogPointer;
}

/** An attempt that has run: what it leaves, or what an attempt before it has left and is on record. */
export interface RunTask {
  readonly attempt: number;
  readonly commit: TaskCommit;
  readonly isCommitted: boolean;
}

/**
 * One attempt of one task from its records to its records, as Lambda and Batch run it: finds what came before, runs the step, commits. Where
 * another attempt has won, its commit is what counts; the commit of `end` ends the run.
 *
 * @param body The flow's class, or the handler's function.
 * @throws TaskFailedError whose name is that of the step's error.
 */
export async function performTask(
  store: MetadataStore,
  blobs: BlobStore,
  context: StepContext,
  body: unknown,
  performance: Performance,
): Promise<TaskAnswer> {
  const { commit, isCommitted } = await runTask(store, blobs, context, body, performance);
  const winner = isCommitted
    ? commit
    : await store.commit(addressOf(context, performance), performance.token, now(), commit);
  return await endTask(store, context, performance, winner);
}

/** Runs the step, unless an attempt has won already. A failure is on record when it is thrown. @throws TaskFailedError */
export async function runTask(
  store: MetadataStore,
  blobs: BlobStore,
  context: StepContext,
  body: unknown,
  performance: Performance,
): Promise<RunTask> {
  const address = addressOf(context, performance);
  const { token, log } = performance;
  const [request, { attempt, committed }] = await Promise.all([
    findRequest(store, context, performance),
    store.startAttempt(address, token, now(), log),
  ]);
  if (committed) return { attempt, commit: committed, isCommitted: true };
  const outcome = await runAttempt(context, { ...request, attempt }, body, blobs);
  if (outcome.status === "succeeded") return { attempt, commit: outcome.commit, isCommitted: false };
  await store.failAttempt(address, token, now(), outcome.failure);
  throw new TaskFailedError(outcome.failure);
}

/** What follows from what is on record of a task. */
export async function endTask(
  store: MetadataStore,
  { flow, step, definition }: StepContext,
  { run, redrive }: Performance,
  { transition, foreach }: TaskCommit,
): Promise<TaskAnswer> {
  if (step === "end")
    await store.endRun(flow, run, { status: "succeeded", endedAt: now(), ...(redrive && { redrive }) });
  return {
    ...(definition.transitions.length > 1 && { choice: transition }),
    ...(foreach && { count: foreach.count }),
  };
}

/** Where the task is on record. */
export function addressOf({ flow, step }: StepContext, { run, path, visit, counts = "" }: StepState): TaskAddress {
  return inRun(flow, run, { step, path, visit }, counts);
}

/** Everything that the attempt needs of the tasks before it. @throws NoRunError, NoPredecessorError, MissingInputsError */
async function findRequest(
  store: MetadataStore,
  context: StepContext,
  { run, path, visit, from, counts = "" }: StepState,
): Promise<Omit<AttemptRequest, "attempt">> {
  const task = { run, step: context.step, path, visit };
  if (from === "") {
    const record = await store.run(context.flow, run);
    if (record === undefined) throw new NoRunError(context.flow, run);
    return { ...task, begin: { parameters: record.parameters, tags: record.tags } };
  }
  const before = (await store.task(inRun(context.flow, run, parseFrom(from), counts)))?.committed;
  if (before === undefined) throw new NoPredecessorError(context.step, from);
  if (context.join === undefined) return { ...task, before: enter(context, path, before) };
  return { ...task, before, inputs: await joinInputs(store, context, task, before) };
}

/** Reads `step/path/visit`. */
function parseFrom(from: string): TaskKey {
  const [step = "", path = "", visit = "0"] = from.split("/");
  return { step, path, visit: Number(visit) };
}

function inRun(flow: string, run: string, task: TaskKey, counts: string): TaskAddress {
  const count = iterationCount(counts, task.path);
  return { flow, run, ...task, ...(count !== undefined && { count }) };
}

function now(): string {
  return new Date().toISOString();
}
