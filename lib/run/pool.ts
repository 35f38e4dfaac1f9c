import { availableParallelism } from "node:os";
import { type HostKind, threads } from "./host.ts";
import type { WorkerFlow } from "./protocol.ts";
import type { Scope } from "./scope.ts";
import { TaskWorker } from "./task-worker.ts";

/** Milliseconds that a task waits for a worker before another is started: one takes longer to come up than a tiny task to run. */
const patience = 20;

interface Waiting {
  readonly kind: HostKind;
  readonly grant: (worker: TaskWorker) => void;
}

/**
 * As many tasks at a time as there are cores, unless told, each in a worker of the kind that it asks for. Those of a kind that is kept load the
 * flow once.
 */
export class WorkerPool {
  readonly #size: number;
  readonly #idle = new Map<HostKind, TaskWorker[]>();
  readonly #waiting = new Set<Waiting>();
  readonly #open = new Set<TaskWorker>();
  #busy = 0;
  #flow: WorkerFlow | undefined;
  #growing: NodeJS.Timeout | undefined;

  /** Starts the first thread: it comes up while the flow is compiled. */
  constructor(size: number = availableParallelism()) {
    this.#size = size;
    this.#keep(threads, this.#start(threads));
  }

  load(flow: WorkerFlow): void {
    this.#flow = flow;
    for (const worker of this.#open) worker.load(flow);
  }

  /** Calls `work` with a worker as soon as one is free. @throws The scope's reason where the scope is stopped before. */
  async use<T>(kind: HostKind, scope: Scope, work: (worker: TaskWorker) => Promise<T>): Promise<T> {
    const worker = await this.#turn(kind, scope);
    try {
      return await work(worker);
    } finally {
      if (!kind.isKept) await worker.stop();
      if (worker.alive) this.#keep(kind, worker);
      else this.#open.delete(worker);
      this.#busy--;
      this.#serve();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#growing);
    await Promise.all([...this.#open].map((worker) => worker.stop()));
  }

  #turn(kind: HostKind, scope: Scope): Promise<TaskWorker> {
    scope.throwIfStopped();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        unsubscribe();
      };
      const waiting: Waiting = {
        kind,
        grant: (worker) => {
          leave();
          resolve(worker);
        },
      };
      const unsubscribe = scope.onStop((reason) => {
        leave();
        reject(reason);
      });
      this.#waiting.add(waiting);
      this.#serve();
    });
  }

  /** Gives workers to those that wait; new ones of a kind that is kept only where they have waited for a while, or nothing runs. */
  #serve(grow = false): void {
    for (const waiting of this.#waiting) {
      if (this.#busy >= this.#size) return;
      const { kind } = waiting;
      const mayStart = !kind.isKept || grow || this.#busy === 0;
      const worker = this.#living(kind) ?? (mayStart ? this.#start(kind) : undefined);
      if (worker === undefined) {
        this.#growing ??= setTimeout(() => {
          this.#growing = undefined;
          this.#serve(true);
        }, patience);
        continue;
      }
      this.#busy++;
      waiting.grant(worker);
    }
  }

  #keep(kind: HostKind, worker: TaskWorker): void {
    const idle = this.#idle.get(kind) ?? [];
    this.#idle.set(kind, idle);
    idle.push(worker);
  }

  #living(kind: HostKind): TaskWorker | undefined {
    const idle = this.#idle.get(kind) ?? [];
    for (let worker = idle.pop(); worker !== undefined; worker = idle.pop()) {
      if (worker.alive) return worker;
      this.#open.delete(worker);
    }
    return undefined;
  }

  #start({ open }: HostKind): TaskWorker {
    const worker = new TaskWorker(open);
    this.#open.add(worker);
    if (this.#flow !== undefined) worker.load(this.#flow);
    return worker;
  }
}
