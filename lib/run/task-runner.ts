import type { StepDefinition } from "../flow/definition.ts";
import type { TaskCommit } from "../metadata/records.ts";
import type { TaskAddress } from "../metadata/store.ts";
import { TaskFailedError, toFailure } from "../task/failure.ts";
import type { AttemptOutcome, AttemptRequest } from "../task/protocol.ts";
import { retryDelay, sleep } from "./backoff.ts";
import { StoppedError } from "./errors.ts";
import type { RunEvent } from "./events.ts";
import type { HostKind } from "./host.ts";
import { AttemptLog, logFile } from "./log.ts";
import type { WorkerPool } from "./pool.ts";
import type { TaskRecords } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Runs the tasks of one run: each until an attempt succeeds or there are no more, with its records, its log and its events. */
export class TaskRunner {
  readonly #flow: string;
  /** The store's. */
  readonly #folder: string;
  readonly #pool: WorkerPool;
  readonly #hostOf: (step: string) => HostKind;
  readonly #records: TaskRecords;
  readonly #onEvent: (event: RunEvent) => void;

  constructor(
    flow: string,
    folder: string,
    pool: WorkerPool,
    hostOf: (step: string) => HostKind,
    records: TaskRecords,
    onEvent: (event: RunEvent) => void,
  ) {
    this.#flow = flow;
    this.#folder = folder;
    this.#pool = pool;
    this.#hostOf = hostOf;
    this.#records = records;
    this.#onEvent = onEvent;
  }

  /** Tasks that are worth beginning at a time. */
  get capacity(): number {
    return this.#pool.capacity;
  }

  /** @throws TaskFailedError where no attempt succeeds; the scope's reason where the scope is stopped. */
  async run(definition: StepDefinition, request: Omit<AttemptRequest, "attempt">, scope: Scope): Promise<TaskCommit> {
    const { retry } = definition;
    const { step, path, visit } = request;
    const task = { step, path, visit };
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(definition, { ...request, attempt }, scope);
      if (outcome.status === "succeeded") return outcome.commit;
      const { failure } = outcome;
      if (retry === undefined || attempt >= retry.times) {
        this.#onEvent({ type: "task-failed", task, attempt, failure });
        throw new TaskFailedError(failure);
      }
      const delay = retryDelay(retry, attempt + 1);
      this.#onEvent({ type: "task-retrying", task, attempt, failure, delay });
      await sleep(delay, scope);
    }
  }

  async #attempt(definition: StepDefinition, request: AttemptRequest, scope: Scope): Promise<AttemptOutcome> {
    const { run, step, path, visit, attempt } = request;
    const task = { step, path, visit };
    const address = { flow: this.#flow, run, ...task };
    const file = logFile(this.#flow, run, task, attempt);
    const log = new AttemptLog(this.#folder, file, (lines) => this.#onEvent({ type: "lines", task, attempt, lines }));
    const { timeout } = definition;
    const kind = this.#hostOf(step);
    let began: Date | undefined;
    const onStart = () => {
      began = new Date();
      this.#records.started(address, attempt, began, { kind: "file", file });
      this.#onEvent({ type: "task-started", task, attempt });
    };
    const onText = log.write.bind(log);
    const onEnd = (outcome: AttemptOutcome) => this.#end(address, attempt, began, outcome);
    try {
      return await this.#pool.run({ request, kind, timeout, onStart, onText, onEnd }, scope);
    } catch (error) {
      const failure = toFailure(new StoppedError(error), task, attempt);
      if (began !== undefined) this.#records.failed(address, attempt, new Date(), failure);
      throw error;
    } finally {
      log.close();
    }
  }

  #end(address: TaskAddress, attempt: number, began: Date | undefined, outcome: AttemptOutcome): void {
    const ended = new Date();
    if (outcome.status === "failed") {
      this.#records.failed(address, attempt, ended, outcome.failure, outcome.deployment);
    } else {
      this.#records.committed(address, attempt, ended, outcome.commit);
      const { step, path, visit } = address;
      const seconds = (ended.getTime() - (began ?? ended).getTime()) / 1000;
      this.#onEvent({ type: "task-succeeded", task: { step, path, visit }, attempt, seconds });
    }
  }
}
