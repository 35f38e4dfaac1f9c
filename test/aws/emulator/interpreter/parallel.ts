import { setMaxListeners } from "node:events";
import type { Json, Machine, ParallelState } from "./definition.ts";
import { Aborted } from "./errors.ts";
import { bindingsOf, leave, type Progress, runMachine, type Transition, type Visit } from "./machine.ts";
import { evaluate } from "./query.ts";

/** One attempt of a Parallel state; after a redrive, of its unfinished branches. */
export async function runParallel(state: ParallelState, visit: Visit, retries: number): Promise<Transition> {
  const { progress, scope } = visit;
  if (progress.children === undefined) {
    const input =
      state.Arguments === undefined
        ? progress.input
        : await evaluate(state.Arguments, bindingsOf(visit, retries), "Arguments");
    progress.children = state.Branches.map(() => ({ input, variables: {} }));
    scope.history.add("ParallelStateStarted");
  }
  const outer = { ...scope.outer, ...progress.variables };
  try {
    const result = await runTogether(progress.children, state.Branches.length, scope.signal, (branch, index, signal) =>
      runMachine(state.Branches[index] as Machine, branch, { ...scope, outer, signal, history: scope.history.fork() }),
    );
    scope.history.add("ParallelStateSucceeded");
    return await leave(state, visit, bindingsOf(visit, retries, { result }), result);
  } catch (error) {
    scope.history.add("ParallelStateFailed");
    throw error;
  }
}

/** Runs children, some at a time; the first failure aborts the others and is thrown when all have ended. */
export async function runTogether(
  children: readonly Progress[],
  concurrency: number,
  outerSignal: AbortSignal,
  run: (child: Progress, index: number, signal: AbortSignal) => Promise<Json>,
): Promise<Json[]> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([outerSignal, siblings.signal]);
  setMaxListeners(0, signal);
  const results: Json[] = [];
  const failures: unknown[] = [];
  const waiting = children.entries();
  const worker = async () => {
    for (const [index, child] of waiting) {
      if (signal.aborted) return;
      try {
        results[index] = await run(child, index, signal);
      } catch (error) {
        failures.push(error);
        siblings.abort(new Aborted());
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, children.length) }, worker));
  outerSignal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return results;
}
