import type { FallibleState, Retrier } from "./definition.ts";
import { covers, toStateError } from "./errors.ts";
import { bindingsOf, leave, type Transition, type Visit } from "./machine.ts";
import { sleep } from "./tasks.ts";

/** Runs a state as its `Retry` and `Catch` say; `attempt` is told how many retries came before. */
export async function withRetryAndCatch(
  state: FallibleState,
  visit: Visit,
  attempt: (retries: number) => Promise<Transition>,
): Promise<Transition> {
  const used = new Map<Retrier, number>();
  for (let retries = 0; ; retries++) {
    try {
      return await attempt(retries);
    } catch (thrown) {
      visit.scope.signal.throwIfAborted();
      const failure = toStateError(thrown);
      const retrier = state.Retry?.find(({ ErrorEquals }) => covers(ErrorEquals, failure.error));
      const before = retrier === undefined ? 0 : (used.get(retrier) ?? 0);
      if (retrier !== undefined && before < (retrier.MaxAttempts ?? 3)) {
        used.set(retrier, before + 1);
        visit.progress.children = visit.progress.mapRun = undefined;
        await sleep(delay(retrier, before), visit.scope.signal);
        continue;
      }
      const catcher = state.Catch?.find(({ ErrorEquals }) => covers(ErrorEquals, failure.error));
      if (catcher === undefined) throw failure;
      const errorOutput = { Error: failure.error, Cause: failure.message };
      return leave(catcher, visit, bindingsOf(visit, retries, { errorOutput }), errorOutput);
    }
  }
}

/** Milliseconds before the next attempt: exponential, capped, and with jitter if the retrier asks for it. */
function delay(retrier: Retrier, retriesBefore: number): number {
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** retriesBefore;
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return seconds * 1000 * (retrier.JitterStrategy === "FULL" ? Math.random() : 1);
}
