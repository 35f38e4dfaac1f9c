import type { TaskKey } from "./records.ts";

/** Sorts tasks of one step by path, index by index as numbers, then by visit. */
export function sortTasks<T extends TaskKey>(tasks: readonly T[]): T[] {
  return tasks
    .map((task) => ({ task, rank: rooted(task.path).split(".").flatMap(ranks) }))
    .sort((a, b) => compare(a.rank, b.rank) || a.task.visit - b.task.visit)
    .map(({ task }) => task);
}

/** Outside of the first index there may be a visit; where there is none, the path begins as if there were. */
function rooted(path: string): string {
  return /^\d/.test(path) ? `.${path}` : path;
}

/** An index, the visits behind it as numbers above 0, and a 0: what has no visit comes first. */
function ranks(part: string): number[] {
  const [index, ...visits] = part.split("~");
  return [Number(index), ...visits.map((visit) => Number(visit) + 1), 0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, rank] of a.entries()) {
    const difference = rank - (b[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
