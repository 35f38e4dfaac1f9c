import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import type { BuildFailure, BuildOptions, Message } from "esbuild";
import { MillraceError } from "../../errors.ts";
import { helpersEnd, lowering } from "../source/options.ts";
import { ownUrls } from "./own-urls.ts";
import { packagesOutside } from "./packages.ts";

/** A flow's code as one module, the packages that it imports left out. */
export interface CompiledModule {
  readonly code: string;
  /** The files of the user's that are in it. */
  readonly inputs: readonly string[];
  /** Files of packages that it imports. */
  readonly packages: readonly string[];
}

/**
 * Bundles a module, or code that imports modules, for a file in `folder`.
 *
 * @throws MillraceError `FLOW_SYNTAX` where it does not compile, with the line.
 */
export async function compile(
  entry: { path: string } | { code: string; near: string },
  folder: string,
): Promise<CompiledModule> {
  // Not by `import()`: the compiler's process is started before anything else goes on.
  const { build } = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  const packages = new Set<string>();
  const source: BuildOptions =
    "path" in entry
      ? { entryPoints: [entry.path] }
      : { stdin: { contents: entry.code, resolveDir: dirname(entry.near), sourcefile: "handlers.js" } };
  try {
    const { outputFiles, metafile } = await build({
      ...lowering,
      ...source,
      ...ownUrls.options,
      bundle: true,
      format: "esm",
      platform: "node",
      // Only what Node itself knows: with its own default, `module`, esbuild would pick files that Node cannot load.
      conditions: [],
      sourcemap: "inline",
      sourcesContent: false,
      outfile: join(folder, "flow.mjs"),
      absWorkingDir: process.cwd(),
      metafile: true,
      write: false,
      logLevel: "silent",
      plugins: [packagesOutside(packages), ownUrls.plugin],
    });
    const code = markHelpers(outputFiles[0]?.text ?? "", Object.keys(metafile.inputs));
    const inputs = Object.keys(metafile.inputs).filter((input) => !/^handlers\.js$|^<stdin>$/.test(input));
    return { code, inputs: inputs.map((input) => resolve(input)), packages: [...packages] };
  } catch (cause) {
    const [message] = (cause as Partial<BuildFailure>).errors ?? [];
    throw message === undefined ? cause : syntaxError(message, cause);
  }
}

/** esbuild begins each file with its name as a comment. The line is replaced, so that all others keep their numbers. */
function markHelpers(code: string, inputs: readonly string[]): string {
  const begins = inputs.map((input) => `\n${code}`.indexOf(`\n// ${input}\n`)).filter((at) => at >= 0);
  const begin = Math.min(...begins);
  return begins.length === 0 ? code : `${code.slice(0, begin)}${helpersEnd}${code.slice(code.indexOf("\n", begin))}`;
}

function syntaxError({ text, location }: Message, cause: unknown): MillraceError {
  if (location === null) return new MillraceError("FLOW_SYNTAX", `The flow does not compile: ${text}.`, { cause });
  const { line, column, lineText, length } = location;
  const file = relative(process.cwd(), resolve(location.file));
  const marker = `${" ".repeat(column)}${"^".repeat(Math.max(1, Math.min(length, lineText.length - column)))}`;
  const excerpt = lineText.trim() === "" ? "" : `\n  ${lineText}\n  ${marker}`;
  return new MillraceError("FLOW_SYNTAX", `${file}:${line}:${column + 1}: ${text}${excerpt}`, {
    fix: fixOf(text),
    at: { file, line },
    cause,
  });
}

function fixOf(text: string): string {
  const [, missing] = /^Could not resolve "([^"]+)"/.exec(text) ?? [];
  if (missing === undefined) return "Correct the line.";
  if (/^[./]/.test(missing)) return "Correct the path: the file is not there.";
  const parts = missing.split("/");
  return `Install it: npm install ${parts.slice(0, missing.startsWith("@") ? 2 : 1).join("/")}.`;
}
