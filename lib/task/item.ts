import { iterationIndex } from "../flow/path.ts";
import type { Item, TaskCommit } from "../metadata/records.ts";
import type { AttemptRequest, StepContext } from "./protocol.ts";

/** The item of the iteration that a task is in: a foreach's body finds its own in the splitter's frames, and the tasks after it pass it on. */
export function itemOf(context: StepContext, request: AttemptRequest): Item | undefined {
  const { before, path } = request;
  if (context.role !== "body" || before === undefined) return before?.item;
  return itemAt(before, iterationIndex(path) ?? 0);
}

function itemAt({ foreach }: TaskCommit, index: number): Item {
  const { count, frames } = foreach ?? { count: 0, frames: [] };
  let first = 0;
  for (const frame of frames) {
    if (index < first + frame.items) return { index, count, frame: frame.ref, position: index - first };
    first += frame.items;
  }
  throw new RangeError(`The foreach has ${count} items; there is no item ${index}.`);
}
