import { availableParallelism } from "node:os";
import { openProcess, openThread } from "./host.ts";
import type { WorkerFlow } from "./protocol.ts";
import type { Scope } from "./scope.ts";
import { TaskWorker } from "./task-worker.ts";

/** Threads that are started before it is known how many tasks there are. */
const warmThreads = 2;

/**
 * As many tasks at a time as there are cores, unless told: in threads that load the flow once and are kept, or where a step asks for it in a
 * process of its own.
 */
export class WorkerPool {
  readonly #size: number;
  readonly #idle: TaskWorker[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #open = new Set<TaskWorker>();
  #busy = 0;
  #flow: WorkerFlow | undefined;

  /** Starts the first threads: they come up while the flow is compiled. */
  constructor(size: number = availableParallelism()) {
    this.#size = size;
    for (let thread = 0; thread < Math.min(size, warmThreads); thread++) this.#idle.push(this.#start());
  }

  load(flow: WorkerFlow): void {
    this.#flow = flow;
    for (const worker of this.#open) worker.load(flow);
  }

  /** Calls `work` with a worker as soon as one is free. @throws The scope's reason where the scope is stopped before. */
  async use<T>(isolate: boolean, scope: Scope, work: (worker: TaskWorker) => Promise<T>): Promise<T> {
    await this.#turn(scope);
    const worker = isolate ? this.#start(true) : (this.#living() ?? this.#start());
    try {
      return await work(worker);
    } finally {
      if (isolate) await worker.stop();
      if (worker.alive) this.#idle.push(worker);
      else this.#open.delete(worker);
      this.#busy--;
      for (const next of this.#waiting) {
        next();
        break;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((worker) => worker.stop()));
  }

  #turn(scope: Scope): Promise<void> | undefined {
    scope.throwIfStopped();
    if (this.#busy < this.#size) {
      this.#busy++;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const next = () => {
        this.#waiting.delete(next);
        unsubscribe();
        this.#busy++;
        resolve();
      };
      const unsubscribe = scope.onStop((reason) => {
        this.#waiting.delete(next);
        reject(reason);
      });
      this.#waiting.add(next);
    });
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
