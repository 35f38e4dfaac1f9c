import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";

/** Where a function was called. */
export interface CallSite {
  /** A `file:` URL. */
  readonly file: string;
  readonly line: number;
}

const frames = 12;

/**
 * The callers of `callee`, nearest first. The stack is only formatted and parsed when it is asked for, so that a capture costs microseconds.
 */
export function captureCallers(callee: (...parameters: never[]) => unknown): () => readonly CallSite[] {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = frames;
  Error.captureStackTrace(holder, callee);
  Error.stackTraceLimit = limit;
  return () => parseStack(holder.stack ?? "");
}

function parseStack(stack: string): CallSite[] {
  return stack.split("\n").flatMap((frame) => {
    const [, place, line] = /^\s*at (?:.*? \()?(?:async )?(.+?):(\d+):\d+\)?$/.exec(frame) ?? [];
    const file = place === undefined ? undefined : fileUrl(place);
    return file === undefined ? [] : [{ file, line: Number(line) }];
  });
}

/** Without the query that a loader adds to load a changed file anew. */
function fileUrl(place: string): string | undefined {
  if (place.startsWith("file:")) return place.replace(/[?#].*$/, "");
  return isAbsolute(place) ? pathToFileURL(place.replace(/\?.*$/, "")).href : undefined;
}
