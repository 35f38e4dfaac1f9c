import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMillraceError, type Location, MillraceError } from "../../errors.ts";
import { originMapOf } from "../source/origin.ts";

/**
 * Imports a compiled flow.
 *
 * @param file the flow's, as the user knows it
 * @param inputs the files of the user's that were compiled
 * @throws MillraceError `FLOW_IMPORT` where the module throws, with the line of the user's that did.
 */
export async function importFlow(
  module: string,
  file: string,
  inputs: readonly string[],
): Promise<Record<string, unknown>> {
  try {
    return await import(/* @vite-ignore */ pathToFileURL(module).href);
  } catch (cause) {
    const at = placeInStack(cause, module, inputs) ?? { file };
    if (isMillraceError(cause)) {
      const { code, message, fix } = cause;
      throw new MillraceError(code, message, { ...(fix !== undefined && { fix }), at: cause.at ?? at, cause });
    }
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new MillraceError("FLOW_IMPORT", `${file} fails when it is imported: ${reason}`, {
      fix: "Let the module only declare; what can fail belongs in a step.",
      at,
      cause,
    });
  }
}

/** The first line of the stack that is the user's. Node follows source maps where it is told to; else the stack names the module. */
export function placeInStack(cause: unknown, module: string, inputs: readonly string[]): Location | undefined {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  for (const [, url = "", row, column] of stack.matchAll(/(file:\/\/[^\s)]+?|\/[^\s):]+):(\d+):(\d+)/g)) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (inputs.includes(path)) return { file: relative(process.cwd(), path), line: Number(row) };
    if (path !== module) continue;
    const code = readFileSync(module, "utf8");
    const before = code.split("\n", Number(row) - 1).join("\n").length;
    const { path: origin, file, line } = originMapOf(code, module).origin(before + Number(column));
    // What the compiler has added, for decorators say, is nobody's line.
    if (origin !== module) return { file, line };
  }
  return undefined;
}
