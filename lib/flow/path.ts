/**
 * A task is its step, its path and its visit. The path tells the regions around it, outermost first; the visit, how often a loop of its own
 * region came by before.
 *
 * Going into a region from a splitter at `(path, visit)`, the path gets `~visit` where the visit is above 0, and for an iteration of a foreach
 * the index, behind a dot unless it is the first thing in the path; the visit starts again at 0. Behind a `~visit` another one is written
 * even where it is 0: two loops around two nested splits would else write the same path for `2, 0` and `0, 2`.
 *
 * `""` is outside of everything, `"3.1"` the second iteration in the fourth, `"~2.1"` the second iteration of the third time around.
 */

/** The path of the branches that a splitter at `path` and `visit` opens or, with `index`, of an iteration of its foreach. */
export function childPath(path: string, visit: number, index?: number): string {
  const prefix = visit > 0 || /~\d+$/.test(path) ? `${path}~${visit}` : path;
  if (index === undefined) return prefix;
  return prefix === "" ? String(index) : `${prefix}.${index}`;
}

/** The index in the innermost foreach; `undefined` outside of any. */
export function iterationIndex(path: string): number | undefined {
  const index = /(?:^|\.)(\d+)(?:~\d+)*$/.exec(path)?.[1];
  return index === undefined ? undefined : Number(index);
}

/**
 * How many iterations the innermost foreach around a task has, `counts` being those of all foreachs around it or around a task inside of it,
 * outermost first; `undefined` outside of any.
 *
 * @example iterationCount("40.3", "7") // 40
 */
export function iterationCount(counts: string, path: string): number | undefined {
  const depth = path.split(".").filter((part) => /^\d/.test(part)).length;
  const count = counts.split(".")[depth - 1];
  return count === undefined || count === "" ? undefined : Number(count);
}

/**
 * A task's name within its step, for people: `0` outside of any foreach, `3.1` in foreachs, `0@2` on the third visit. Nothing in it means
 * anything to a shell.
 *
 * @example taskId("", 0) // "0"
 * @example taskId("3.1", 2) // "3.1@2"
 */
export function taskId(path: string, visit: number): string {
  const indices = /^\d/.test(path) ? path : `0${path}`;
  return visit > 0 ? `${indices}@${visit}` : indices;
}

/**
 * Reads what {@link taskId} wrote; `undefined` where the text names no task.
 *
 * @param depth how many foreachs are around the step: with none, `0` is the step's only task; with one, its first iteration
 */
export function parseTaskId(id: string, depth: number): { path: string; visit: number } | undefined {
  const [, indices, visit = "0"] = /^((?:0|[1-9]\d*)(?:~\d+)*(?:\.\d+(?:~\d+)*)*)(?:@([1-9]\d*))?$/.exec(id) ?? [];
  if (indices === undefined) return undefined;
  const count = indices.split(".").length;
  if (count === depth) return { path: indices, visit: Number(visit) };
  const outside = /^0(|~.*)$/.exec(indices)?.[1];
  return count === depth + 1 && outside !== undefined ? { path: outside, visit: Number(visit) } : undefined;
}
