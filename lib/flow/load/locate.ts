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

/**
 * @param what a flow, or a service, which may be bundled in a folder
 * @throws MillraceError `FLOW_FILE` where there is no such file, with the one that was probably meant.
 */
export function locateFlow(target: string, what: "flow" | "service" = "flow"): FlowLocation {
  const [, file = target, name] = /^(.+)#([\w$]+)$/.exec(target) ?? [];
  const path = resolve(file);
  const found = statOf(path);
  if (found?.isFile()) return name === undefined ? { path } : { path, name };
  const wrong = found === undefined ? "There is no file" : `A ${what} is a file, not a folder:`;
  const meant = found?.isDirectory() ? fileIn(path, what) : nearestFile(path);
  const right = what === "flow" ? "a flow's file" : "a service's file, or of the folder of a bundle";
  throw new MillraceError("FLOW_FILE", `${wrong} ${file}.`, {
    fix: meant === undefined ? `Give the path of ${right}.` : `Did you mean ${relative(process.cwd(), meant)}?`,
  });
}

const extensions = /\.(?:[cm]?[jt]s|ya?ml|json)$/;

function fileIn(folder: string, name: string): string | undefined {
  const files = names(folder).filter((file) => extensions.test(file));
  const [only] = files.length === 1 ? files : files.filter((file) => file.startsWith(`${name}.`));
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
