import { availableParallelism } from "node:os";
import type { Failure } from "../metadata/records.ts";
import type { AttemptOutcome } from "../task/protocol.ts";
import { type HostKind, threads } from "./host.ts";
import { type Attempt, Job } from "./job.ts";
import type { WorkerFlow } from "./protocol.ts";
import type { Scope } from "./scope.ts";
import { TaskWorker } from "./task-worker.ts";

/** Milliseconds that a task waits for a worker before another is started: one takes longer to come up than a tiny task to run. */
const patience = 20;
/** Tiny tasks in a worker at a time, so that neither side sleeps while the other wakes it. */
const depth = 8;

/**
 * As many tasks at a time as there are cores, unless told, each in a worker of the kind that it asks for. Those of a kind that is kept load the
 * flow once. Tiny tasks wait in the workers; a worker that has none takes over what waits in another.
 */
export class WorkerPool {
  readonly #size: number;
  #workers: readonly TaskWorker[] = [];
  #waiting = new Set<Job>();
  #flow: WorkerFlow | undefined;
  #onLateError: (failure: Failure) => void = () => {};
  #growing: NodeJS.Timeout | undefined;

  /** Starts the first thread: it comes up while the flow is compiled. */
  constructor(size: number = availableParallelism()) {
    this.#size = size;
    this.#start(threads);
  }

  /** Tasks that are run or may wait in the workers at a time: more need not be begun. */
  get capacity(): number {
    return depth * this.#size;
  }

  /** @param onLateError What a task had left behind failed after its end. */
  load(flow: WorkerFlow, onLateError: (failure: Failure) => void): void {
    this.#onLateError = onLateError;
    this.#flow = flow;
    for (const worker of this.#workers) worker.loadFlow(flow);
  }

  /** Runs an attempt as soon as a worker is free. @throws The scope's reason where the scope is stopped before it is done. */
  async run(attempt: Attempt, scope: Scope): Promise<AttemptOutcome> {
    scope.throwIfStopped();
    const job = new Job(attempt);
    const unsubscribe = scope.onStop((reason) => this.#cancel(job, reason));
    this.#waiting.add(job);
    this.#serve();
    try {
      return await job.outcome;
    } finally {
      unsubscribe();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#growing);
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  #cancel(job: Job, reason: unknown): void {
    if (this.#waiting.delete(job)) job.reject(reason);
    else job.worker?.cancel(job, reason);
  }

  /** Gives jobs to workers; new workers of a kind that is kept only where jobs have waited for a while, or nothing runs. */
  #serve(grow = false): void {
    const full = new Set<HostKind>();
    for (const job of this.#waiting) {
      const { kind } = job.attempt;
      const worker = full.has(kind) ? undefined : this.#workerFor(kind, grow);
      if (worker === undefined) {
        full.add(kind);
        continue;
      }
      this.#waiting.delete(job);
      worker.add(job);
    }
    const isBehind = this.#waiting.size > 0 || this.#workers.some(({ load }) => load > 1);
    if (isBehind && this.#busy < this.#size) this.#growing ??= setTimeout(() => this.#grow(), patience);
  }

  #workerFor(kind: HostKind, grow: boolean): TaskWorker | undefined {
    if (this.#busy < this.#size) {
      const idle = this.#workers.find((worker) => worker.kind === kind && worker.load === 0);
      if (idle !== undefined) return idle;
      if (!kind.isKept || grow || this.#busy === 0) return this.#start(kind);
    }
    let least: TaskWorker | undefined;
    for (const worker of this.#workers) {
      const mayWait = worker.kind === kind && worker.isBrisk && worker.load < depth;
      if (mayWait && worker.load < (least?.load ?? depth)) least = worker;
    }
    return least;
  }

  #grow(): void {
    this.#growing = undefined;
    this.#serve(true);
    const crowded = this.#workers.find(({ load }) => load > 1);
    const hasIdle = this.#workers.some(({ kind, load }) => kind === crowded?.kind && load === 0);
    if (crowded !== undefined && !hasIdle && this.#busy < this.#size) this.#start(crowded.kind);
  }

  #changed(worker: TaskWorker, returned: readonly Job[]): void {
    if (returned.length > 0) this.#waiting = new Set([...returned, ...this.#waiting]);
    if (worker.isAlive && worker.load === 0 && worker.isDone) void worker.stop();
    if (!worker.isAlive) this.#workers = this.#workers.filter((other) => other !== worker);
    this.#serve();
    if (worker.isAlive && worker.load === 0) this.#share(worker);
  }

  /** Takes half of what waits in the worker that has the most. */
  #share(idle: TaskWorker): void {
    const [most] = this.#workers.filter(({ kind }) => kind === idle.kind).sort((a, b) => b.load - a.load);
    if (most === undefined || most.load < 2) return;
    const waiting = most.takeBack();
    const half = Math.ceil(waiting.length / 2);
    for (const [index, job] of waiting.entries()) (index < half ? idle : most).add(job);
  }

  get #busy(): number {
    let busy = 0;
    for (const { load } of this.#workers) if (load > 0) busy++;
    return busy;
  }

  #start(kind: HostKind): TaskWorker {
    const worker = new TaskWorker(
      kind,
      (returned) => this.#changed(worker, returned),
      (failure) => this.#onLateError(failure),
    );
    this.#workers = [...this.#workers, worker];
    if (this.#flow !== undefined) worker.loadFlow(this.#flow);
    return worker;
  }
}
