import type { AttemptOutcome, AttemptRequest } from "../task/protocol.ts";
import type { HostKind } from "./host.ts";
import type { Stream } from "./protocol.ts";
import type { TaskWorker } from "./task-worker.ts";

/** An attempt that a worker is to run. */
export interface Attempt {
  readonly request: AttemptRequest;
  readonly kind: HostKind;
  /** Seconds. */
  readonly timeout: number | undefined;
  /** Its worker has come to it; once. */
  readonly onStart: () => void;
  readonly onText: (stream: Stream, text: string) => void;
  /** It is done, before its worker comes to the next. */
  readonly onEnd: (outcome: AttemptOutcome) => void;
}

/** An attempt on its way through the pool: it may go from one worker to another as long as it has not begun. */
export class Job {
  readonly attempt: Attempt;
  readonly outcome: Promise<AttemptOutcome>;
  readonly reject: (error: unknown) => void;
  /** The one that has it now. */
  worker: TaskWorker | undefined;
  readonly #resolve: (outcome: AttemptOutcome) => void;
  #isStarted = false;

  constructor(attempt: Attempt) {
    const { promise, resolve, reject } = Promise.withResolvers<AttemptOutcome>();
    this.attempt = attempt;
    this.outcome = promise;
    this.#resolve = resolve;
    this.reject = reject;
  }

  start(): void {
    if (!this.#isStarted) this.attempt.onStart();
    this.#isStarted = true;
  }

  end(outcome: AttemptOutcome): void {
    this.attempt.onEnd(outcome);
    this.#resolve(outcome);
  }
}
