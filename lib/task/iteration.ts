import type { TaskCommit } from "../metadata/records.ts";

/** What a foreach's splitter left, as an iteration sees it: without the frames of all items, but with its own item. */
export function enterIteration({ foreach, ...commit }: TaskCommit, index: number): TaskCommit {
  const { count, frames } = foreach ?? { count: 0, frames: [] };
  let first = 0;
  for (const frame of frames) {
    if (index < first + frame.items) {
      return { ...commit, item: { index, count, frame: frame.ref, position: index - first } };
    }
    first += frame.items;
  }
  throw new RangeError(`The foreach has ${count} items; there is no item ${index}.`);
}
