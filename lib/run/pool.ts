import { availableParallelism } from "node:os";
import { openProcess, openThread } from "./host.ts";
import type { WorkerFlow } from "./protocol.ts";
import type { Scope } from "./scope.ts";
import { TaskWorker } from "./task-worker.ts";

/** Milliseconds that a task waits for a thread before another is started: a thread takes longer to come up than a tiny task to run. */
const patience = 20;

interface Waiting {
  readonly isolate: boolean;
  readonly grant: (worker: TaskWorker) => void;
}

/**
 * As many tasks at a time as there are cores, unless told: in threads that load the flow once and are kept, or where a step asks for it in a
 * process of its own.
 */
export class WorkerPool {
  readonly #size: number;
  readonly #idle: TaskWorker[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #open = new Set<TaskWorker>();
  #busy = 0;
  #flow: WorkerFlow | undefined;
  #growing: NodeJS.Timeout | undefined;

  /** Starts the first thread: it comes up while the flow is compiled. */
  constructor(size: number = availableParallelism()) {
    this.#size = size;
    this.#idle.push(this.#start());
  }

  load(flow: WorkerFlow): void {
    this.#flow = flow;
    for (const worker of this.#open) worker.load(flow);
  }

  /** Calls `work` with a worker as soon as one is free. @throws The scope's reason where the scope is stopped before. */
  async use<T>(isolate: boolean, scope: Scope, work: (worker: TaskWorker) => Promise<T>): Promise<T> {
    const worker = await this.#turn(isolate, scope);
    try {
      return await work(worker);
    } finally {
      if (isolate) await worker.stop();
      if (worker.alive) this.#idle.push(worker);
      else this.#open.delete(worker);
      this.#busy--;
      this.#serve();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#growing);
    await Promise.all([...this.#open].map((worker) => worker.stop()));
  }

  #turn(isolate: boolean, scope: Scope): Promise<TaskWorker> {
    scope.throwIfStopped();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        unsubscribe();
      };
      const waiting: Waiting = {
        isolate,
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

  /** Gives workers to those that wait; new threads only where they have waited for a while, or nothing runs. */
  #serve(grow = false): void {
    for (const waiting of this.#waiting) {
      if (this.#busy >= this.#size) return;
      const mayStart = waiting.isolate || grow || this.#busy === 0;
      const worker =
        (waiting.isolate ? undefined : this.#living()) ?? (mayStart ? this.#start(waiting.isolate) : undefined);
      if (worker === undefined) {
        this.#growing ??= setTimeout(() => {
          this.#growing = undefined;
          this.#serve(true);
        }, patience);
        return;
      }
      this.#busy++;
      waiting.grant(worker);
    }
  }

  #living(): TaskWorker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.alive) return worker;
      this.#open.delete(worker);
    }
    return undefined;
  }

  #start(isolate = false): TaskWorker {
    const worker = new TaskWorker(isolate ? openProcess : openThread);
    this.#open.add(worker);
    if (this.#flow !== undefined) worker.load(this.#flow);
    return worker;
  }
}
