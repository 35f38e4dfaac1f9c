import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import { isMillraceError, MillraceError } from "../../lib/errors.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { fold } from "../../lib/flow/fold.ts";
import { lowering, loweringOptions } from "../../lib/flow/source/options.ts";
import { stepContext } from "../../lib/task/context.ts";
import type { StepContext } from "../../lib/task/protocol.ts";
import { computeOf } from "../limits.ts";
import { arrowFile, bundleArrow, withArrow } from "./arrow.ts";
import { blankSteps } from "./blank.ts";
import { withoutPlaces } from "./context.ts";
import { entryOf } from "./entry.ts";
import { embedFiles, fileModules } from "./files.ts";
import type { BundleAnswer, BundleRequest } from "./request.ts";

/** CommonJS packages ask for Node's modules by a `require`, which an ES module has not. */
const banner =
  'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);';

/**
 * Bundles each step that is not in Python by itself, so that it carries what it uses and nothing else, and changes only when that does.
 *
 * @throws MillraceError `BUNDLE` where an import can't be resolved, or a file can't be read.
 */
export async function bundleSteps(
  definition: FlowDefinition,
  classes: readonly string[],
  runtimes: BundleRequest["runtimes"],
): Promise<Pick<BundleAnswer, "bundles" | "modules">> {
  const structure = fold(definition);
  const steps = Object.keys(definition.steps);
  const bundled = steps.filter((step) => definition.steps[step]?.body.kind !== "python");
  const arrow = bundled.length > 0 ? await bundleArrow(dirname(resolve(definition.file ?? "flow"))) : undefined;
  const files = new Set(Object.values(definition.steps).map(({ file }) => resolve(file ?? definition.file ?? "")));
  const codes = bundled.map(async (step) => {
    const context = withoutPlaces(stepContext(definition, structure, step));
    const others = new Set(steps.filter((name) => name !== step));
    const { kind } = computeOf(context.definition);
    const plugins = [
      withRuntime(runtimes[context.definition.deploy ? "deploy" : kind]),
      withArrow(arrow, kind),
      ownModules(files, classes, others),
      fileModules,
    ];
    return [step, await bundleStep(definition, context, plugins)] as const;
  });
  const bundles = Object.fromEntries(await Promise.all(codes));
  return { bundles, modules: arrow === undefined ? {} : { [arrowFile]: arrow } };
}

async function bundleStep(definition: FlowDefinition, context: StepContext, plugins: Plugin[]): Promise<string> {
  const { build } = await import("esbuild");
  const file = resolve(definition.file ?? "flow");
  try {
    const { outputFiles } = await build({
      tsconfigRaw: lowering.tsconfigRaw,
      stdin: { contents: entryOf(context, file), resolveDir: dirname(file), sourcefile: "entry.js" },
      // What is written does not depend on where the project stands.
      absWorkingDir: dirname(file),
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node24",
      minifyWhitespace: true,
      minifySyntax: true,
      // A failure's stack names the lines that the user wrote.
      sourcemap: "inline",
      sourcesContent: false,
      legalComments: "none",
      logLevel: "silent",
      banner: { js: banner },
      plugins,
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw bundleError(context.step, error as BuildFailure);
  }
}

/** The flow's `millrace` is the runtime, so that both have one FlowSpec and the bundle one copy. */
function withRuntime(path: string): Plugin {
  return {
    name: "runtime",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^millrace$/ }, () => ({ path: "runtime", namespace: "millrace", sideEffects: false }));
      onLoad({ filter: /.*/, namespace: "millrace" }, async () => {
        const code = (await readFile(path, "utf8")).replace(/\n\/\/# sourceMappingURL=.*\s*$/, "");
        return { contents: `${code}\n//# sourceMappingURL=${mapBehind(code)}`, loader: "js" };
      });
    },
  };
}

/** A source map whose single entry is behind the code: nobody reads the runtime's lines, and a bundle's map is the shorter without them. */
function mapBehind(code: string): string {
  const mappings = `${";".repeat(code.split("\n").length)}AAAA`;
  return `data:application/json;base64,${btoa(JSON.stringify({ version: 3, sources: ["millrace"], mappings }))}`;
}

/** The user's own modules: without the other steps, and with the files that they read. */
function ownModules(files: ReadonlySet<string>, classes: readonly string[], others: ReadonlySet<string>): Plugin {
  return {
    name: "own-modules",
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
        const hasSteps = classes.length > 0 && files.has(path);
        const code = (hasSteps ? await blankSteps(path, classes, others) : undefined) ?? (await lowerWithFiles(path));
        return code === undefined ? undefined : { contents: await embedFiles(path, code), loader: "js" };
      });
    },
  };
}

/** A module that may read files of its own; others are left to esbuild, which is faster, and so are packages. */
async function lowerWithFiles(path: string): Promise<string | undefined> {
  if (path.includes("/node_modules/")) return undefined;
  const code = await readFile(path, "utf8");
  if (!code.includes("import.meta.url")) return undefined;
  const { transform } = await import("esbuild");
  return (await transform(code, { ...loweringOptions(path), sourcemap: "inline" })).code;
}

function bundleError(step: string, failure: BuildFailure): MillraceError {
  const [first] = failure.errors ?? [];
  if (!first) throw failure;
  if (isMillraceError(first.detail)) return first.detail;
  const { file, line } = first.location ?? {};
  return new MillraceError("BUNDLE", `The step ${step} can't be bundled: ${first.text}.`, {
    fix: "Check the imports of the flow's file: each must be found from there, and be JavaScript, TypeScript or JSON.",
    at: file === undefined ? undefined : { file, ...(line === undefined ? {} : { line }) },
    cause: failure,
  });
}
