import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Location } from "../../errors.ts";

/** A place in the user's source. */
export interface Origin extends Required<Location> {
  /** An absolute path; `file` is the same for people, relative to the folder that the command runs in. */
  readonly path: string;
}

/** The way from a module's code back to what the user wrote. */
export interface OriginMap {
  origin(offset: number): Origin;
  text(path: string): string;
}

/** Follows the source map that the code ends with; code without one is the user's own. */
export function originMapOf(code: string, path: string): OriginMap {
  const starts = lineStarts(code);
  const map = sourceMapOf(code, path);
  const texts = new Map<string, string>();
  const place = (path: string, line: number): Origin => ({ path, file: relative(process.cwd(), path), line });
  return {
    origin(offset) {
      const line = lineAt(starts, offset);
      const entry = map?.map.findEntry(line, offset - (starts[line] ?? 0));
      if (map === undefined || entry === undefined || !("originalSource" in entry)) return place(path, line + 1);
      return place(map.resolve(entry.originalSource), entry.originalLine + 1);
    },
    text(path) {
      const known = texts.get(path) ?? map?.text(path) ?? readFileSync(path, "utf8");
      texts.set(path, known);
      return known;
    },
  };
}

function sourceMapOf(code: string, path: string) {
  const url = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(code)?.[1];
  const base = pathToFileURL(path);
  const text = url === undefined ? undefined : readMap(url, base);
  if (text === undefined) return undefined;
  const map = new SourceMap(JSON.parse(text));
  const resolve = (source: string) => fileURLToPath(new URL(source, base));
  return {
    map,
    resolve,
    text(path: string): string | undefined {
      const index = map.payload.sources.findIndex((source) => resolve(source) === path);
      return map.payload.sourcesContent?.[index];
    },
  };
}

function readMap(url: string, base: URL): string | undefined {
  const [, data] = /^data:application\/json;base64,(.*)$/.exec(url) ?? [];
  if (data !== undefined) return Buffer.from(data, "base64").toString();
  try {
    return readFileSync(new URL(url, base), "utf8");
  } catch {
    return undefined;
  }
}

function lineStarts(code: string): number[] {
  const starts = [0];
  for (let i = code.indexOf("\n"); i >= 0; i = code.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

/** The line, from 0, that an offset is in: a binary search. */
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
