import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Class, type Program, parse } from "acorn";
import { findClasses } from "./classes.ts";
import { helpersEnd, loweringOptions } from "./options.ts";
import { type OriginMap, originMapOf } from "./origin.ts";

/** A module that declares flows, in plain JavaScript, and the way back to what the user wrote. */
export interface SourceModule extends OriginMap {
  readonly code: string;
  /** The classes by the name that they have at run time; several where a name comes again in another scope. */
  readonly classes: ReadonlyMap<string, readonly Class[]>;
}

const modules = new Map<string, SourceModule | undefined>();

/** Reads and parses a module once; `undefined` where there is no such file or it is no module. */
export function readModule(url: string): SourceModule | undefined {
  if (!modules.has(url)) modules.set(url, parseModule(url));
  return modules.get(url);
}

/** Parses what a file holds: as it stands where that is JavaScript, as a flow's bundle is; else lowered. */
function parseModule(url: string): SourceModule | undefined {
  const path = fileURLToPath(url);
  let code: string;
  try {
    code = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const asIs = /\.[cm]?js$/.test(path) ? tryParse(code) : undefined;
  if (asIs !== undefined) return moduleOf(code, asIs, path);
  const lowered = lower(code, path);
  const program = lowered === undefined ? undefined : tryParse(lowered);
  return lowered === undefined || program === undefined ? undefined : moduleOf(lowered, program, path);
}

function moduleOf(code: string, program: Program, path: string): SourceModule {
  return { code, classes: findClasses(program), ...originMapOf(code, path) };
}

function tryParse(code: string): Program | undefined {
  try {
    return parse(withoutHelpers(code), { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
  } catch {
    return undefined;
  }
}

/** With a comment in their place, so that all that comes after keeps its own. */
function withoutHelpers(code: string): string {
  const end = code.indexOf(`\n${helpersEnd}\n`);
  return end < 4 ? code : `/*${" ".repeat(end - 4)}*/${code.slice(end)}`;
}

/** Without an await, since a construct describes its flow in its constructor. */
function lower(code: string, path: string): string | undefined {
  const { transformSync } = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  try {
    return transformSync(code, { ...loweringOptions(path), sourcemap: "inline", logLevel: "silent" }).code;
  } catch {
    return undefined;
  }
}
