import type { TaskKey } from "./records.ts";

/** Sorts tasks of one step by path, index by index as numbers, then by visit. */
export function sortTasks<T extends TaskKey>(tasks: readonly T[]): T[] {
  return tasks
    .map((task) => ({ task, rank: [...task.path.split(".").flatMap(indexAndVisit), task.visit] }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ task }) => task);
}

function indexAndVisit(part: string): [number, number] {
  const [index, visit = 0] = part.split("~");
  return [Number(index), Number(visit)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, rank] of a.entries()) {
    const difference = rank - (b[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
