import type { TaskState } from "./definition.ts";
import { StateError } from "./errors.ts";
import { bindingsOf, checkSize, leave, type Transition, type Visit } from "./machine.ts";
import { evaluate, evaluateNumber } from "./query.ts";
import { runTask } from "./tasks.ts";

/** One attempt of a Task state. */
export async function runTaskState(state: TaskState, visit: Visit, retries: number): Promise<Transition> {
  const { scope, name } = visit;
  const bindings = bindingsOf(visit, retries);
  const input =
    state.Arguments === undefined ? visit.progress.input : await evaluate(state.Arguments, bindings, "Arguments");
  checkSize(input, name);
  const timeout = new AbortController();
  const seconds =
    state.TimeoutSeconds === undefined
      ? undefined
      : await evaluateNumber(state.TimeoutSeconds, bindings, "TimeoutSeconds");
  const expire = () => timeout.abort(new StateError("States.Timeout", ""));
  const timer = seconds === undefined ? undefined : setTimeout(expire, seconds * 1000);
  try {
    const result = await runTask({
      resource: state.Resource,
      input,
      history: scope.history,
      ...(seconds !== undefined && { timeout: seconds }),
      signal: AbortSignal.any([scope.signal, timeout.signal]),
      executionArn: scope.execution.arn,
    });
    checkSize(result, name);
    return await leave(state, visit, bindingsOf(visit, retries, { result }), result);
  } finally {
    clearTimeout(timer);
  }
}
