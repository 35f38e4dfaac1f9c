import { TaskTimeoutError } from "../task/errors.ts";
import { toFailure } from "../task/failure.ts";
import type { AttemptOutcome, AttemptRequest } from "../task/protocol.ts";
import { OutOfMemoryError, TaskDiedError, WorkerLoadError } from "./errors.ts";
import type { Death, Host, OpenHost } from "./host.ts";
import type { FromWorker, Stream, WorkerFlow } from "./protocol.ts";
import type { Scope } from "./scope.ts";

export interface AttemptOptions {
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly scope: Scope;
  readonly onText: (stream: Stream, text: string) => void;
}

interface Running {
  readonly onText: AttemptOptions["onText"];
  readonly end: (outcome: AttemptOutcome) => void;
  readonly fail: (error: unknown) => void;
}

/** setTimeout takes no more: 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The scheduler's side of a worker. It runs one attempt at a time, which has an outcome even where it takes its worker with it. */
export class TaskWorker {
  readonly #host: Host;
  readonly #loaded = Promise.withResolvers<void>();
  #running: Running | undefined;
  #alive = true;

  constructor(open: OpenHost) {
    this.#host = open({ message: (message) => this.#receive(message), died: (death) => this.#died(death) });
    // Whoever runs an attempt hears of it.
    this.#loaded.promise.catch(() => {});
  }

  /** Whether it can run another attempt. */
  get alive(): boolean {
    return this.#alive;
  }

  load(flow: WorkerFlow): void {
    this.#host.post({ type: "load", flow });
  }

  /** @throws The scope's reason where the scope is stopped; WorkerLoadError where the worker cannot load the flow. */
  async run(request: AttemptRequest, { timeout, scope, onText }: AttemptOptions): Promise<AttemptOutcome> {
    await this.#loaded.promise;
    scope.throwIfStopped();
    const { promise, resolve: end, reject } = Promise.withResolvers<AttemptOutcome>();
    const fail = (error: unknown) => end({ status: "failed", failure: toFailure(error, request, request.attempt) });
    const stop = (settle: () => void) => {
      settle();
      void this.stop();
    };
    const unsubscribe = scope.onStop((reason) => stop(() => reject(reason)));
    const milliseconds = Math.min((timeout ?? Infinity) * 1000, longestTimer);
    const timer = setTimeout(
      () => stop(() => fail(new TaskTimeoutError(request.step, milliseconds / 1000))),
      milliseconds,
    );
    this.#running = { onText, end, fail };
    this.#host.post({ type: "run", request });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      unsubscribe();
      this.#running = undefined;
    }
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#host.stop();
  }

  #receive(message: FromWorker): void {
    if (message.type === "loaded") this.#loaded.resolve();
    else if (message.type === "broken") this.#loaded.reject(new WorkerLoadError(message.failure));
    else if (message.type === "text") this.#running?.onText(message.stream, message.text);
    else this.#running?.end(message.outcome);
  }

  #died(death: Death): void {
    this.#alive = false;
    const error = explain(death);
    this.#loaded.reject(error);
    this.#running?.fail(error);
  }
}

function explain({ error, code, signal }: Death): unknown {
  if (error === undefined) return new TaskDiedError(code ?? undefined, signal ?? undefined);
  const isMemory = (error as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isMemory ? new OutOfMemoryError(error) : error;
}
