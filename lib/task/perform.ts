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
  const { flow, step } = context;
  const { run, path, visit, counts = "", token, log, redrive } = performance;
  const address = addressOf(flow, run, { step, path, visit }, counts);
  const [request, { attempt, committed }] = await Promise.all([
    findRequest(store, context, performance),
    store.startAttempt(address, token, now(), log),
  ]);
  const commit = committed ?? (await runAndCommit({ ...request, attempt }));
  if (step === "end")
    await store.endRun(flow, run, { status: "succeeded", endedAt: now(), ...(redrive && { redrive }) });
  return answer(context, commit);

  async function runAndCommit(attempted: AttemptRequest): Promise<TaskCommit> {
    const outcome = await runAttempt(context, attempted, body, blobs);
    if (outcome.status === "succeeded") return await store.commit(address, token, now(), outcome.commit);
    await store.failAttempt(address, token, now(), outcome.failure);
    throw new TaskFailedError(outcome.failure);
  }
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
  const before = (await store.task(addressOf(context.flow, run, parseFrom(from), counts)))?.committed;
  if (before === undefined) throw new NoPredecessorError(context.step, from);
  if (context.join === undefined) return { ...task, before: enter(context, path, before) };
  return { ...task, before, inputs: await joinInputs(store, context, task, before) };
}

/** Reads `step/path/visit`. */
function parseFrom(from: string): TaskKey {
  const [step = "", path = "", visit = "0"] = from.split("/");
  return { step, path, visit: Number(visit) };
}

function addressOf(flow: string, run: string, task: TaskKey, counts: string): TaskAddress {
  const count = iterationCount(counts, task.path);
  return { flow, run, ...task, ...(count !== undefined && { count }) };
}

function answer({ definition }: StepContext, { transition, foreach }: TaskCommit): TaskAnswer {
  return {
    ...(definition.transitions.length > 1 && { choice: transition }),
    ...(foreach && { count: foreach.count }),
  };
}

function now(): string {
  return new Date().toISOString();
}
