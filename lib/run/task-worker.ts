import type { Failure } from "../metadata/records.ts";
import { TaskTimeoutError } from "../task/errors.ts";
import { toFailure } from "../task/failure.ts";
import { OutOfMemoryError, TaskDiedError, WorkerLoadError } from "./errors.ts";
import type { Death, Host, HostKind } from "./host.ts";
import type { Job } from "./job.ts";
import type { FromWorker, WorkerFlow } from "./protocol.ts";

/** setTimeout takes no more: 24 days. */
const longestTimer = 2 ** 31 - 1;
/** Milliseconds that a tiny task takes. */
const tiny = 1;
/** How much the last task counts in the average. */
const recency = 0.25;

/**
 * The scheduler's side of a worker. It runs its jobs one after the other; each has an outcome even where it takes its worker with it, and those
 * behind it are handed back.
 */
export class TaskWorker {
  readonly kind: HostKind;
  readonly #host: Host;
  readonly #onChange: (returned: readonly Job[]) => void;
  readonly #onLateError: (failure: Failure) => void;
  /** The first of them is the one that runs. */
  #jobs: Job[] = [];
  /** Of the jobs, how many began before the claims were last closed; and how many of those that came since are done. */
  #older = 0;
  #done = 0;
  #average: number | undefined;
  #isLoaded = false;
  #isAlive = true;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onChange It has come up, done a job, or died; and hands back what it has not begun.
   * @param onLateError What a task had left behind failed.
   */
  constructor(kind: HostKind, onChange: (returned: readonly Job[]) => void, onLateError: (failure: Failure) => void) {
    this.kind = kind;
    this.#onLateError = onLateError;
    this.#onChange = onChange;
    this.#host = kind.open({
      message: (message) => this.#receive(message),
      died: (death) => this.#died(explain(death)),
    });
  }

  /** Whether it can run another job. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Whether it was for one job only. */
  get isDone(): boolean {
    return !this.kind.isKept && this.#done > 0;
  }

  /** Jobs that run or wait in it. */
  get load(): number {
    return this.#jobs.length;
  }

  /** Whether its jobs take so little that the next ones may as well wait in it. */
  get isBrisk(): boolean {
    return this.#host.claims !== undefined && this.#average !== undefined && this.#average < tiny;
  }

  loadFlow(flow: WorkerFlow): void {
    this.#host.post({ type: "load", flow });
  }

  add(job: Job): void {
    job.worker = this;
    this.#host.post({ type: "run", request: job.attempt.request });
    if (this.#jobs.push(job) === 1) this.#watch();
  }

  /** The jobs that have not begun, which it no longer has then. */
  takeBack(): Job[] {
    const { claims } = this.#host;
    if (claims === undefined) return [];
    const returned = this.#jobs.splice(this.#older + claims.close() - this.#done);
    this.#older = this.#jobs.length;
    this.#done = 0;
    this.#host.post({ type: "restart" });
    return returned;
  }

  /** Ends a job: if it has begun, together with the worker. */
  cancel(job: Job, reason: unknown): void {
    const returned = this.takeBack();
    if (!returned.includes(job)) void this.stop();
    job.reject(reason);
    this.#onChange(returned.filter((other) => other !== job));
  }

  async stop(): Promise<void> {
    this.#isAlive = false;
    clearTimeout(this.#timer);
    await this.#host.stop();
  }

  /** A job starts when it is first, and its time runs from when the worker has come up. */
  #watch(): void {
    const [job] = this.#jobs;
    if (job === undefined) return;
    job.start();
    const { timeout, request } = job.attempt;
    if (timeout === undefined || !this.#isLoaded) return;
    const milliseconds = Math.min(timeout * 1000, longestTimer);
    this.#timer = setTimeout(() => this.#fail(job, new TaskTimeoutError(request.step, timeout)), milliseconds);
  }

  #receive(message: FromWorker): void {
    if (message.type === "loaded") {
      this.#isLoaded = true;
      this.#watch();
      this.#onChange([]);
    } else if (message.type === "broken") {
      this.#break(new WorkerLoadError(message.failure));
    } else if (message.type === "late-error") {
      this.#onLateError(message.failure);
    } else if (message.type === "text") {
      this.#jobs[0]?.attempt.onText(message.stream, message.text);
    } else {
      const { outcome, milliseconds = Number.POSITIVE_INFINITY } = message;
      clearTimeout(this.#timer);
      this.#average = (1 - recency) * (this.#average ?? milliseconds) + recency * milliseconds;
      const job = this.#jobs.shift();
      if (this.#older > 0) this.#older--;
      else this.#done++;
      job?.end(outcome);
      this.#watch();
      this.#onChange([]);
    }
  }

  #died(error: unknown): void {
    if (!this.#isAlive) return;
    const [job] = this.#jobs;
    if (!this.#isLoaded) this.#break(error);
    else if (job !== undefined) this.#fail(job, error);
    else this.#isAlive = false;
  }

  /** It has not come up: no job can run in it, nor in another like it. */
  #break(error: unknown): void {
    const jobs = this.#jobs.splice(0);
    void this.stop();
    for (const job of jobs) job.reject(error);
    this.#onChange([]);
  }

  /** The job fails, and takes the worker with it. */
  #fail(job: Job, error: unknown): void {
    const returned = this.takeBack().filter((other) => other !== job);
    this.#jobs = [];
    void this.stop();
    const { request } = job.attempt;
    job.end({ status: "failed", failure: toFailure(error, request, request.attempt) });
    this.#onChange(returned);
  }
}

function explain({ error, code, signal }: Death): unknown {
  if (error === undefined) return new TaskDiedError(code ?? undefined, signal ?? undefined);
  const isMemory = (error as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isMemory ? new OutOfMemoryError(error) : error;
}
