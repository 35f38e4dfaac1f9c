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

export type FromWorker =
  | { readonly type: "loaded" }
  | { readonly type: "broken"; readonly failure: Failure }
  | { readonly type: "text"; readonly stream: Stream; readonly text: string }
  /** In the order of the requests. `milliseconds`: what the attempt took, where requests may wait in the worker. */
  | { readonly type: "outcome"; readonly outcome: AttemptOutcome; readonly milliseconds?: number };

export type Stream = "stdout" | "stderr";
