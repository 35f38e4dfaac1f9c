import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import { nearest } from "../check/near.ts";
import { statOf } from "./stat.ts";

export interface FlowLocation {
  /** Absolute. */
  readonly path: string;
  /** Behind a `#`: the class that is meant. */
  readonly name?: string;
}

/** @throws MillraceError `FLOW_FILE` where there is no such file, with the one that was probably meant. */
export function locateFlow(target: string): FlowLocation {
  const [, file = target, name] = /^(.+)#([\w$]+)$/.exec(target) ?? [];
  const path = resolve(file);
  const found = statOf(path);
  if (found?.isFile()) return name === undefined ? { path } : { path, name };
  const what = found === undefined ? "There is no file" : "A flow is a file, not a folder:";
  const meant = found?.isDirectory() ? flowIn(path) : nearestFile(path);
  throw new MillraceError("FLOW_FILE", `${what} ${file}.`, {
    fix: meant === undefined ? "Give the path of a flow's file." : `Did you mean ${relative(process.cwd(), meant)}?`,
  });
}

const extensions = /\.(?:[cm]?[jt]s|ya?ml|json)$/;

function flowIn(folder: string): string | undefined {
  const files = names(folder).filter((name) => extensions.test(name));
  const [only] = files.length === 1 ? files : files.filter((name) => name.startsWith("flow."));
  return only === undefined ? undefined : join(folder, only);
}

/** The path with one of its parts corrected: the first that is not there. */
function nearestFile(path: string): string | undefined {
  const rest: string[] = [];
  for (let part = path; ; part = dirname(part)) {
    const folder = dirname(part);
    const entries = names(folder);
    if (entries.length === 0 && folder !== part) {
      rest.unshift(relative(folder, part));
      continue;
    }
    const meant = nearest(relative(folder, part), entries);
    const corrected = meant === undefined ? undefined : join(folder, meant, ...rest);
    return corrected !== undefined && statOf(corrected)?.isFile() ? corrected : undefined;
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
