import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, BuildOptions, Plugin } from "esbuild";
import { lowering } from "../../flow/source/options.ts";
import { BundleError } from "./errors.ts";

const common = {
  ...lowering,
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  legalComments: "none",
  logLevel: "silent",
  // Packages in CommonJS call it.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
} satisfies BuildOptions;

/**
 * Bundles a service's file with the packages that it imports: it needs nothing but Node. The same file gives the same code, wherever it lies.
 *
 * @param name The service's class.
 * @throws BundleError `BUNDLE_CODE` where it does not compile.
 */
export async function bundleService(file: string, name: string): Promise<string> {
  const entry = `
    import * as module from ${JSON.stringify(`./${basename(file)}`)};
    const named = (value) => typeof value === "function" && value.name === ${JSON.stringify(name)};
    export const Service = Object.values(module).flatMap((value) => [value, value?.constructor]).find(named);`;
  return await run({
    ...common,
    stdin: { contents: entry, resolveDir: dirname(file), sourcefile: "entry.js" },
    absWorkingDir: dirname(file),
    plugins: [ownPackage],
  });
}

/** Bundles what opens and serves a service. */
export async function bundleRuntime(): Promise<string> {
  const entry = fileURLToPath(runtimeEntry());
  return await run({
    ...common,
    // Names stay as they are without it, and it would slow down each function that is made.
    keepNames: false,
    minifyWhitespace: true,
    minifySyntax: true,
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
  });
}

/** `millrace` is this copy of the package, without what only makes bundles. */
const ownPackage: Plugin = {
  name: "own-package",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^millrace(?:\/model)?$/ }, ({ path }) => ({
      path: import.meta.url.endsWith(".ts")
        ? fileURLToPath(new URL(path === "millrace" ? "../../index.ts" : "../index.ts", import.meta.url))
        : fileURLToPath(import.meta.resolve(path)),
      sideEffects: false,
    }));
    onLoad({ filter: /[\\/](?:bundle[\\/]save\.ts|chunks[\\/]save-\w+\.js)$/ }, () => ({
      contents: 'export function saveBundle() { throw new Error("A service in a bundle is saved already."); }',
    }));
  },
};

/** In the sources a module; in the build an entry beside the folder of chunks. */
function runtimeEntry(): URL {
  if (import.meta.url.endsWith(".ts")) return new URL("./runtime.ts", import.meta.url);
  return new URL(
    import.meta.url.includes("/chunks/") ? "../bundle-runtime.js" : "./bundle-runtime.js",
    import.meta.url,
  );
}

async function run(options: BuildOptions): Promise<string> {
  const { build } = await import("esbuild");
  try {
    const { outputFiles } = await build(options);
    return outputFiles?.[0]?.text ?? "";
  } catch (cause) {
    const [message] = (cause as Partial<BuildFailure>).errors ?? [];
    if (message === undefined) throw cause;
    const { text, location } = message;
    throw new BundleError("BUNDLE_CODE", `The service cannot be bundled: ${text}.`, {
      ...(location !== null && { at: { file: location.file, line: location.line } }),
      fix: "Correct the line.",
      cause,
    });
  }
}
