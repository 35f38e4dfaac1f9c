// The runtime of a step on Lambda. A step's bundle includes it and gets its `millrace` from here.
import type { TaskAnswer, TaskEvent } from "../lib/task/events.ts";
import { performTask } from "../lib/task/perform.ts";
import type { StepContext } from "../lib/task/protocol.ts";
import { type LambdaContext, logPointer } from "./lambda.ts";
import { storesOf } from "./stores.ts";
import { attemptToken } from "./token.ts";

export * from "../lib/index.ts";

process.setSourceMapsEnabled(true);

/** The handler of a step's function. */
export function taskHandler(context: StepContext, body: unknown) {
  const { store, blobs } = storesOf(process.env);
  return (event: TaskEvent, invocation: LambdaContext): Promise<TaskAnswer> =>
    performTask(store, blobs, context, body, { ...event, token: attemptToken(event), log: logPointer(invocation) });
}
