import type { Retry } from "../flow/definition.ts";
import type { Scope } from "./scope.ts";

/**
 * Seconds to wait before an attempt: the interval, multiplied by the backoff for each retry before. Up to half of it is taken off at random, so
 * that iterations that failed together don't come back together.
 *
 * @param failed Attempts that failed so far: 1 or more.
 */
export function retryDelay({ interval, backoff }: Retry, failed: number, random: () => number = Math.random): number {
  return interval * backoff ** (failed - 1) * (1 - random() / 2);
}

/** @throws The scope's reason as soon as the scope is stopped. */
export function sleep(seconds: number, scope: Scope): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      resolve();
    }, seconds * 1000);
    const unsubscribe = scope.onStop((reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}
