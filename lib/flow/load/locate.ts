import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import { nearest } from "../check/near.ts";

export interface FlowLocation {
  /** Absolute. */
  readonly path: string;
  /** Behind a `#`: the class that is meant. */
  readonly name?: string;
}

/** @throws MillraceError `FLOW_FILE` where there is no such file, with the one that was probably meant. */
export async function locateFlow(target: string): Promise<FlowLocation> {
  const [, file = target, name] = /^(.+)#([\w$]+)$/.exec(target) ?? [];
  const path = resolve(file);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return name === undefined ? { path } : { path, name };
  const what = found === undefined ? "There is no file" : "A flow is a file, not a folder:";
  const meant = found?.isDirectory() ? await flowIn(path) : await nearestFile(path);
  throw new MillraceError("FLOW_FILE", `${what} ${file}.`, {
    fix: meant === undefined ? "Give the path of a flow's file." : `Did you mean ${relative(process.cwd(), meant)}?`,
  });
}

const extensions = /\.(?:[cm]?[jt]s|ya?ml|json)$/;

async function flowIn(folder: string): Promise<string | undefined> {
  const files = (await names(folder)).filter((name) => extensions.test(name));
  const [only] = files.length === 1 ? files : files.filter((name) => name.startsWith("flow."));
  return only === undefined ? undefined : join(folder, only);
}

/** The path with one of its parts corrected: the first that is not there. */
async function nearestFile(path: string): Promise<string | undefined> {
  const rest: string[] = [];
  for (let part = path; ; part = dirname(part)) {
    const folder = dirname(part);
    const entries = await names(folder);
    if (entries.length === 0 && folder !== part) {
      rest.unshift(relative(folder, part));
      continue;
    }
    const meant = nearest(relative(folder, part), entries);
    const corrected = meant === undefined ? undefined : join(folder, meant, ...rest);
    return corrected !== undefined && (await stat(corrected).catch(() => undefined))?.isFile() ? corrected : undefined;
  }
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
