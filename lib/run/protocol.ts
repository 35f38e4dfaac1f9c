import type { Failure } from "../metadata/records.ts";
import type { AttemptOutcome, AttemptRequest, StepContext } from "../task/protocol.ts";

/** What a worker needs before its first task: where the flow's code and the store are, and each step's context. */
export interface WorkerFlow {
  /** The flow as a module that runs as it stands; absent where no step is a method. */
  readonly moduleUrl?: string;
  readonly flow: string;
  /** Of the flow's file, absolute: Python files are named relative to it. */
  readonly folder: string;
  readonly store: string;
  readonly contexts: Readonly<Record<string, StepContext>>;
}

export type ToWorker =
  | { readonly type: "load"; readonly flow: WorkerFlow }
  /** Requests are run one after the other, in the order in which they come. */
  | { readonly type: "run"; readonly request: AttemptRequest }
  /** Forget the requests that have not begun, and count those that begin from 0 again. */
  | { readonly type: "restart" };

/** Where the process of a step writes its console to: behind the three of every process and Node's own channel. */
export const consoleDescriptor = 4;

/** What a thread shares with the scheduler. */
export interface ThreadData {
  readonly claims: SharedArrayBuffer;
  readonly console: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly type: "loaded" }
  | { readonly type: "broken"; readonly failure: Failure }
  /** Of a task that has ended: a timer or a promise that it left behind. */
  | { readonly type: "late-error"; readonly failure: Failure }
  | { readonly type: "text"; readonly stream: Stream; readonly text: string }
  /** In the order of the requests. `milliseconds`: what the attempt took, where requests may wait in the worker. */
  | { readonly type: "outcome"; readonly outcome: AttemptOutcome; readonly milliseconds?: number };

/** `written`: there is something in the console's ring. */
export type FromThread = FromWorker | { readonly type: "written" };

export type Stream = "stdout" | "stderr";
