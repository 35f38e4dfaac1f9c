import type { StepDefinition } from "../flow/definition.ts";
import type { LogPointer, TaskCommit } from "../metadata/records.ts";
import type { MetadataStore, TaskAddress } from "../metadata/store.ts";
import { TaskFailedError, toFailure } from "../task/failure.ts";
import type { AttemptOutcome, AttemptRequest, StepContext } from "../task/protocol.ts";
import { retryDelay, sleep } from "./backoff.ts";
import type { RunEvent } from "./events.ts";
import { AttemptLog, logFile } from "./log.ts";
import type { WorkerPool } from "./pool.ts";
import type { Scope } from "./scope.ts";

/** What all tasks of a run share. */
export interface RunContext {
  readonly flow: string;
  readonly run: string;
  /** The store's folder, and the records in it. */
  readonly folder: string;
  readonly store: MetadataStore;
  readonly pool: WorkerPool;
  readonly contexts: Readonly<Record<string, StepContext>>;
  readonly onEvent: (event: RunEvent) => void;
}

/**
 * Runs a task, again as often as its step's `retry` says.
 *
 * @throws TaskFailedError where no attempt succeeds; the scope's reason where the scope is stopped.
 */
export async function runTask(
  run: RunContext,
  definition: StepDefinition,
  request: Omit<AttemptRequest, "attempt">,
  scope: Scope,
): Promise<TaskCommit> {
  const { step, path, visit } = request;
  const task = { step, path, visit };
  for (let attempt = 0; ; attempt++) {
    const outcome = await runAttempt(run, definition, { ...request, attempt }, scope);
    if (outcome.status === "succeeded") return outcome.commit;
    const { failure } = outcome;
    const { retry } = definition;
    if (retry === undefined || attempt >= retry.times) {
      run.onEvent({ type: "task-failed", task, attempt, failure });
      throw new TaskFailedError(failure);
    }
    const delay = retryDelay(retry, attempt + 1);
    run.onEvent({ type: "task-retrying", task, attempt, failure, delay });
    await sleep(delay, scope);
  }
}

async function runAttempt(
  { flow, run, folder, store, pool, onEvent }: RunContext,
  definition: StepDefinition,
  request: AttemptRequest,
  scope: Scope,
): Promise<AttemptOutcome> {
  const { step, path, visit, attempt } = request;
  const task = { step, path, visit };
  const address: TaskAddress = { flow, run, ...task };
  const token = String(attempt);
  // A command is a process of the machine: only another process can be stopped together with all that it starts.
  const isolate = definition.isolate === "process" || definition.body.kind === "command";
  return await pool.use(isolate, scope, async (worker) => {
    const file = logFile(flow, run, task, attempt);
    const log = new AttemptLog(folder, file, (line) => onEvent({ type: "line", task, attempt, line }));
    const began = new Date();
    const started = store.startAttempt(address, token, began.toISOString(), {
      kind: "file",
      file,
    } satisfies LogPointer);
    onEvent({ type: "task-started", task, attempt });
    const outcome = await worker
      .run(request, { timeout: definition.timeout, scope, onText: (stream, text) => log.write(stream, text) })
      .catch(async (error) => {
        await started;
        await store.failAttempt(address, token, new Date().toISOString(), toFailure(error, task, attempt));
        throw error;
      })
      .finally(() => log.close());
    await started;
    const ended = new Date();
    if (outcome.status === "failed") await store.failAttempt(address, token, ended.toISOString(), outcome.failure);
    else {
      await store.commit(address, token, ended.toISOString(), outcome.commit);
      onEvent({ type: "task-succeeded", task, attempt, seconds: (ended.getTime() - began.getTime()) / 1000 });
    }
    return outcome;
  });
}
