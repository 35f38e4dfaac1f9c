import type { Failure, TaskCommit } from "./records.ts";

/** What is noted of an attempt that ended well after another one had won. */
export function superseded(winner: TaskCommit): Failure {
  return {
    name: "Superseded",
    message: `Attempt ${winner.attempt} had already been committed; this one's result was dropped.`,
  };
}
