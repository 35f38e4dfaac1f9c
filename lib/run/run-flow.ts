import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MillraceError } from "../errors.ts";
import type { FlowDefinition } from "../flow/definition.ts";
import { fold } from "../flow/fold.ts";
import { readParameters } from "../flow/parameters.ts";
import { thisProcess } from "../metadata/owner.ts";
import type { RunRecord } from "../metadata/records.ts";
import { newRunId } from "../metadata/run-id.ts";
import type { RunEnd } from "../metadata/store.ts";
import { stepContext } from "../task/context.ts";
import { TaskFailedError, toFailure } from "../task/failure.ts";
import { InterruptedError } from "./errors.ts";
import type { RunEvent } from "./events.ts";
import { chooseHosts } from "./hosts.ts";
import { TaskRecords } from "./records.ts";
import { Runner } from "./runner.ts";
import { Scheduler } from "./scheduler.ts";
import { Scope } from "./scope.ts";
import { TaskRunner } from "./task-runner.ts";

/** A flow that can run here: its document and, where a step is a method, its class as a module that runs as it stands. */
export interface RunnableFlow {
  readonly definition: FlowDefinition;
  readonly moduleUrl?: string;
}

export interface RunOptions {
  /** The store's folder; made where it is missing. */
  readonly store: string;
  /** Parameters by name; those left out have their defaults. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  /** Tasks at a time. Default: the number of cores. */
  readonly maxWorkers?: number;
  /** A file that the run's id is written to as soon as the run begins. */
  readonly runIdFile?: string;
  /** One that was made for this store before the flow was loaded. `runFlow` closes it. */
  readonly runner?: Runner;
  /** Ends the run as interrupted. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Runs a flow on this machine, to its end; that a task failed is in the record's status and failure.
 *
 * @throws ParameterError, MetadataStoreError, EnvironmentError before anything runs: a parameter is wrong, the store cannot be written to, a
 * Python step's packages cannot be had.
 * @example
 * ```ts
 * const run = await runFlow(await loadFlow("flow.ts"), { store: ".millrace", parameters: { alpha: 0.5 } });
 * console.log(run.status);
 * ```
 */
export async function runFlow(flow: RunnableFlow, options: RunOptions): Promise<RunRecord> {
  const plan = await planOf(flow, options);
  const runner = options.runner ?? new Runner(options.store, options.maxWorkers);
  try {
    return await runOn(runner, plan, flow, options);
  } finally {
    await runner.close();
  }
}

/** All that can be refused before there is a store or a run. */
async function planOf({ definition }: RunnableFlow, options: RunOptions) {
  const parameters = readParameters(definition.parameters, options.parameters ?? {});
  const folded = fold(definition);
  const contexts = Object.fromEntries(
    [...folded.places.keys()].map((step) => [step, stepContext(definition, folded, step)]),
  );
  return { parameters, folded, contexts, hostOf: await chooseHosts(definition, options.onEvent) };
}

async function runOn(
  { folder, records, workers }: Runner,
  { parameters, folded, contexts, hostOf }: Awaited<ReturnType<typeof planOf>>,
  { definition, moduleUrl }: RunnableFlow,
  options: RunOptions,
): Promise<RunRecord> {
  // Emptied before the run begins: there is no run whose id nobody could learn.
  if (options.runIdFile !== undefined) writeIdFile(options.runIdFile, "");
  const onEvent = options.onEvent ?? (() => {});
  const run: RunRecord = {
    flow: definition.name,
    run: newRunId(),
    status: "running",
    startedAt: new Date().toISOString(),
    parameters,
    tags: [...new Set(options.tags)].sort(),
    steps: Object.keys(definition.steps),
    owner: thisProcess(),
  };
  await records.beginRun(run);
  if (options.runIdFile !== undefined) writeIdFile(options.runIdFile, run.run);
  onEvent({ type: "run-started", run });

  const loaded = {
    flow: definition.name,
    folder: dirname(resolve(definition.file ?? "")),
    store: folder,
    contexts,
    ...(moduleUrl !== undefined && { moduleUrl }),
  };
  workers.load(loaded, ({ task, attempt, ...failure }) => {
    if (task !== undefined && attempt !== undefined) onEvent({ type: "late-error", task, attempt, failure });
  });
  const scope = new Scope();
  const tasks = new TaskRunner(run.flow, folder, workers, hostOf, new TaskRecords(records, scope), onEvent);
  const end = await walk(new Scheduler(run, folded, contexts, tasks), scope, options.signal);
  await records.endRun(run.flow, run.run, end);
  const ended: RunRecord = { ...run, ...end };
  onEvent({ type: "run-ended", run: ended });
  return ended;
}

function writeIdFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("RUN_ID_FILE", `The run's id cannot be written to ${file}: ${reason}.`, {
      fix: "Name a file that you may write, in a folder that is there.",
      cause,
    });
  }
}

async function walk(scheduler: Scheduler, scope: Scope, signal: AbortSignal | undefined): Promise<RunEnd> {
  const interrupt = () => scope.stop(new InterruptedError());
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);
  try {
    await scheduler.walk(scope);
    return { status: "succeeded", endedAt: new Date().toISOString() };
  } catch (error) {
    const failure = error instanceof TaskFailedError ? error.failure : toFailure(error);
    return {
      status: error instanceof InterruptedError ? "interrupted" : "failed",
      endedAt: new Date().toISOString(),
      failure,
    };
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}
