import { extname, relative } from "node:path";
import { MillraceError } from "../../errors.ts";
import type { FlowDefinition } from "../definition.ts";
import { FlowCache } from "./cache.ts";
import { loadClass } from "./class.ts";
import { locateFlow } from "./locate.ts";

/** A flow that is ready to run here: its document, and its code as a module that runs as it stands. */
export interface LoadedFlow {
  readonly definition: FlowDefinition;
  /**
   * Of a class: the module that exports it. Of a flow that is written as a file: the module whose export `handlers` has its functions, by what
   * the steps name. Absent where every step is a command.
   */
  readonly moduleUrl?: string;
}

/**
 * Loads and checks a flow: a class in TypeScript or JavaScript, or a document in YAML or JSON. What it finds is kept in `cacheDir` for as long
 * as none of the files changes that the flow is made of, so that a second run neither compiles nor analyses anything.
 *
 * @param target a path; `flow.ts#Train` names one of several flows in a file
 * @throws FlowCheckError with all that is wrong with the flow; MillraceError `FLOW_FILE` where there is no such file or no flow in it,
 * `FLOW_SYNTAX` where it does not compile, `FLOW_IMPORT` where it throws when it is imported.
 * @example
 * ```ts
 * const { definition } = await loadFlow("flow.ts", { cacheDir: ".millrace/cache" });
 * ```
 */
export async function loadFlow(target: string, { cacheDir }: { readonly cacheDir: string }): Promise<LoadedFlow> {
  const { path, name } = locateFlow(target);
  const cache = new FlowCache(cacheDir, path, name);
  const known = cache.read();
  if (known !== undefined) return known;
  switch (extname(path)) {
    case ".yaml":
    case ".yml":
    case ".json":
      return (await import("./document.ts")).loadDocument(path, cache);
    case ".ts":
    case ".mts":
    case ".js":
    case ".mjs":
      return await loadClass(path, name, cache);
    default:
      throw new MillraceError("FLOW_FILE", `${relative(process.cwd(), path)} is no file that a flow is written in.`, {
        fix: "Give a .ts, .mts, .js or .mjs file with a class, or a .yaml or .json file.",
      });
  }
}
