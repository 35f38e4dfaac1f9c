import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, BuildOptions, Plugin } from "esbuild";
import { lowering } from "../../flow/source/options.ts";
import { BundleError } from "./errors.ts";
import { carryFiles } from "./files-beside.ts";
import { withoutPlaces } from "./places.ts";
import { withoutSaving } from "./without-saving.ts";

/** Beside the service's code, where it has tables. */
export const arrowModule = "apache-arrow.mjs";

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
}

export interface ServiceCode {
  readonly code: string;
  /** Those that are in it. */
  readonly packages: readonly NpmPackage[];
  /** What it reads from beside itself, by path. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

const common = {
  ...lowering,
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  legalComments: "none",
  logLevel: "silent",
  // Packages in CommonJS call it.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
} satisfies BuildOptions;

/**
 * Bundles a service's file with the packages that it imports: it needs nothing but Node. The same file gives the same code, wherever it lies.
 *
 * @param name The service's class.
 * @param external Packages that are not in it.
 * @throws BundleError `BUNDLE_CODE` where it does not compile.
 */
export async function bundleService(
  file: string,
  name: string,
  external: readonly string[] = [],
): Promise<ServiceCode> {
  const entry = `
    import * as module from ${JSON.stringify(`./${basename(file)}`)};
    const named = (value) => typeof value === "function" && value.name === ${JSON.stringify(name)};
    export const Service = Object.values(module).flatMap((value) => [value, value?.constructor]).find(named);`;
  const files = new Map<string, Uint8Array>();
  const { code, inputs } = await run({
    ...common,
    stdin: { contents: entry, resolveDir: dirname(file), sourcefile: "entry.js" },
    absWorkingDir: dirname(file),
    external: [...external],
    plugins: [ownPackage, withoutSaving, carryFiles(files)],
  });
  // Those of code that was dropped are not read.
  for (const path of files.keys()) if (!code.includes(path)) files.delete(path);
  return { code, packages: await packagesOf(inputs.map((input) => resolve(dirname(file), input))), files };
}

/** The packages that files are of. */
async function packagesOf(files: readonly string[]): Promise<readonly NpmPackage[]> {
  const folders = new Set(files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []));
  const packages = [...folders].map(async (folder): Promise<NpmPackage> => {
    const { name, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    return { name, version };
  });
  const text = ({ name, version }: NpmPackage) => `${name}@${version}`;
  return (await Promise.all(packages)).sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Bundles what opens and serves a service. */
export async function bundleRuntime(): Promise<string> {
  const entry = ownModule("runtime");
  const { code } = await run({
    ...common,
    // Names stay as they are without it, and it would slow down each function that is made.
    keepNames: false,
    minifyWhitespace: true,
    minifySyntax: true,
    entryPoints: [entry],
    plugins: [ownPackage, withoutSaving],
    absWorkingDir: dirname(entry),
  });
  return code;
}

/** Bundles a package as a module, as it is found from a folder. */
export async function bundlePackage(name: string, folder: string): Promise<ServiceCode> {
  const { code, inputs } = await run({
    ...common,
    keepNames: false,
    minify: true,
    stdin: { contents: `export * from ${JSON.stringify(name)};`, resolveDir: folder, sourcefile: "entry.js" },
    absWorkingDir: folder,
  });
  return { code, packages: await packagesOf(inputs.map((input) => resolve(folder, input))) };
}

/** `millrace` is this copy of the package. */
const ownPackage: Plugin = {
  name: "own-package",
  setup({ onResolve }) {
    onResolve({ filter: /^millrace(?:\/model)?$/ }, ({ path }) => ({
      path: ownModule(path === "millrace" ? "index" : "model"),
      sideEffects: false,
    }));
    // The package is large, and few services have tables: those have it in a module of its own, which service and runtime share.
    const own = `${dirname(ownModule("index"))}/`;
    onResolve({ filter: /^apache-arrow$/ }, ({ importer }) =>
      importer.startsWith(own) ? { path: `./${arrowModule}`, external: true } : undefined,
    );
  },
};

/** In the sources as they stand; in the build, modules that are made for bundles. */
function ownModule(name: "index" | "model" | "runtime"): string {
  const source = { index: "../../index.ts", model: "../index.ts", runtime: "./runtime.ts" }[name];
  const built = `${import.meta.url.includes("/chunks/") ? ".." : "."}/service/${name}.js`;
  return fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? source : built, import.meta.url));
}

async function run(options: BuildOptions): Promise<{ readonly code: string; readonly inputs: readonly string[] }> {
  const { build } = await import("esbuild");
  try {
    const { outputFiles, metafile } = await build({ ...options, metafile: true });
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
    const used = inputs.flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : []));
    const code = withoutPlaces(outputFiles?.[0]?.text ?? "", Object.keys(metafile.inputs));
    return { code, inputs: used };
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
