import type { Json, JsonObject, Machine, State } from "./definition.ts";
import { StateError } from "./errors.ts";
import type { Execution } from "./execution.ts";
import { withRetryAndCatch } from "./failures.ts";
import type { History } from "./history.ts";
import { runMap } from "./map.ts";
import type { MapRun } from "./map-run.ts";
import { runParallel } from "./parallel.ts";
import { type Bindings, evaluate, evaluateNumber } from "./query.ts";
import { runTaskState } from "./task-state.ts";
import { sleep } from "./tasks.ts";

const MAX_PAYLOAD_BYTES = 256 * 1024;

/** A Wait state of a minute takes two seconds: what it waits for is as much faster here. */
const WAIT_SPEED = 30;

/** Where a machine stands. It is kept when a state fails, so that a redrive goes on from there. */
export interface Progress {
  /** The state to run next, or the one that failed; StartAt where there is none yet. */
  state?: string;
  input: Json;
  variables: JsonObject;
  /** The branches or iterations that `state` has begun. */
  children?: Progress[] | undefined;
  /** The children of a distributed Map, which are executions. */
  mapRun?: MapRun | undefined;
  entered?: boolean;
  done?: { readonly output: Json };
}

/** What a machine, a branch or an iteration runs in. */
export interface Scope {
  readonly execution: Execution;
  readonly history: History;
  readonly signal: AbortSignal;
  /** Variables of the machines around this one. */
  readonly outer: JsonObject;
  /** `$states.context.Map` in an inline iteration. */
  readonly map?: JsonObject;
}

/** What one state runs with. */
export interface Visit {
  readonly name: string;
  readonly progress: Progress;
  readonly scope: Scope;
  readonly enteredTime: string;
}

export interface Transition {
  readonly output: Json;
  /** The next state; none at the end of the machine. */
  readonly next?: string | undefined;
}

/** Runs a machine, from where it stands, to its end. */
export async function runMachine(machine: Machine, progress: Progress, scope: Scope): Promise<Json> {
  while (progress.done === undefined) {
    scope.signal.throwIfAborted();
    const name = progress.state ?? machine.StartAt;
    const state = machine.States[name] as State;
    progress.state = name;
    if (!progress.entered)
      scope.history.add(`${state.Type}StateEntered`, { name, input: JSON.stringify(progress.input) });
    progress.entered = true;
    const transition = await runState(state, { name, progress, scope, enteredTime: new Date().toISOString() });
    checkSize(transition.output, name);
    scope.history.add(`${state.Type}StateExited`, { name, output: JSON.stringify(transition.output) });
    progress.children = progress.mapRun = undefined;
    progress.entered = false;
    if (transition.next === undefined) progress.done = { output: transition.output };
    else Object.assign(progress, { state: transition.next, input: transition.output });
  }
  return progress.done.output;
}

function runState(state: State, visit: Visit): Promise<Transition> {
  switch (state.Type) {
    case "Task":
      return withRetryAndCatch(state, visit, (retries) => runTaskState(state, visit, retries));
    case "Parallel":
      return withRetryAndCatch(state, visit, (retries) => runParallel(state, visit, retries));
    case "Map":
      return withRetryAndCatch(state, visit, (retries) => runMap(state, visit, retries));
    default:
      return runSimpleState(state, visit);
  }
}

async function runSimpleState(
  state: Exclude<State, { Type: "Task" | "Parallel" | "Map" }>,
  visit: Visit,
): Promise<Transition> {
  const bindings = bindingsOf(visit);
  switch (state.Type) {
    case "Pass":
    case "Succeed":
      return leave(state, visit, bindings);
    case "Choice":
      for (const rule of state.Choices) {
        const holds = await evaluate(rule.Condition, bindings, "Condition");
        if (typeof holds !== "boolean")
          throw new StateError(
            "States.QueryEvaluationError",
            `The Condition ${rule.Condition} of '${visit.name}' gave ${JSON.stringify(holds)}, not a boolean.`,
          );
        if (holds) return leave(rule, visit, bindings);
      }
      if (state.Default === undefined)
        throw new StateError("States.NoChoiceMatched", `No rule of '${visit.name}' matches and it has no Default.`);
      return leave({ ...state, Next: state.Default }, visit, bindings);
    case "Wait": {
      const milliseconds =
        state.Seconds !== undefined
          ? (await evaluateNumber(state.Seconds, bindings, "Seconds")) * (1000 / WAIT_SPEED)
          : Date.parse(String(await evaluate(state.Timestamp ?? null, bindings, "Timestamp"))) - Date.now();
      await sleep(Math.max(0, milliseconds), visit.scope.signal);
      return leave(state, visit, bindings);
    }
    case "Fail": {
      const error = await evaluate(state.Error ?? "States.Fail", bindings, "Error");
      const cause = await evaluate(state.Cause ?? "", bindings, "Cause");
      throw new StateError(String(error), String(cause));
    }
  }
}

/** What a state's expressions see; `more` is `result` or `errorOutput`. */
export function bindingsOf(visit: Visit, retryCount = 0, more: JsonObject = {}): Bindings {
  const { scope, progress } = visit;
  const State = { EnteredTime: visit.enteredTime, Name: visit.name, RetryCount: retryCount };
  const context = { ...scope.execution.context(), State, ...(scope.map && { Map: scope.map }) };
  return { ...scope.outer, ...progress.variables, states: { input: progress.input, context, ...more } };
}

/** Leaves a state: its output (`otherwise` where it declares none), its assignments, the next state. */
export async function leave(
  exit: { readonly Output?: Json; readonly Assign?: JsonObject; readonly Next?: string },
  visit: Visit,
  bindings: Bindings,
  otherwise: Json = visit.progress.input,
): Promise<Transition> {
  const output = exit.Output === undefined ? otherwise : await evaluate(exit.Output, bindings, "Output");
  if (exit.Assign !== undefined)
    Object.assign(visit.progress.variables, (await evaluate(exit.Assign, bindings, "Assign")) as JsonObject);
  return { output, next: exit.Next };
}

/** @throws StateError States.DataLimitExceeded when a payload is over the service's limit of 256 KiB. */
export function checkSize(payload: Json, name: string): void {
  if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD_BYTES)
    throw new StateError(
      "States.DataLimitExceeded",
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
}
