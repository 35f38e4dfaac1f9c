// Builds dist/: the library and the command as ES modules that share their chunks, what goes into bundles of services as modules that can be taken
// apart, the runtimes that go to AWS as single files, the types.
import { execFile } from "node:child_process";
import { cpSync, renameSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { type BuildOptions, build } from "esbuild";
import { rolldown } from "rolldown";
import { withoutSaving } from "../lib/model/bundle/without-saving.ts";
import { builtins } from "./build/builtins.ts";
import { modelsUnrun, optionsUnread, withoutCommands } from "./build/for-lambda.ts";

/**
 * Modules that are loaded together, with all that they import and no chunk before has, are one chunk: a command and a thread come up sooner with
 * few files to read.
 */
const together = [
  ["thread", /\/lib\/run\/thread\.ts$/],
  ["task", /\/lib\/(index|run\/task-loop)\.ts$/],
  ["flow", /\/lib\/flow\/(load\/load|fold|check\/problem)\.ts$/],
  ["run", /\/lib\/run\/index\.ts$/],
  ["command", /\/bin\/(program|commands\/run)\.ts$/],
  ["source", /\/lib\/flow\/load\/describe\.ts$/],
] as const;

const common = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.18",
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

/** Single files, for AWS. */
const runtimes = {
  ...common,
  sourcemap: "linked",
  outExtension: { ".js": ".mjs" },
  // A step's bundle has it where the project does.
  external: ["apache-arrow"],
  minify: true,
} satisfies BuildOptions;

// Built beside it and then put in its place, so that a build that fails leaves the last one.
const next = "dist.next";
rmSync(next, { recursive: true, force: true });
await Promise.all([
  library(),
  build({
    ...common,
    entryPoints: { index: "lib/index.ts", model: "lib/model/index.ts", runtime: "lib/model/bundle/runtime.ts" },
    outdir: `${next}/service`,
    packages: "external",
    splitting: true,
    plugins: [withoutSaving],
  }),
  build({
    ...runtimes,
    entryPoints: {
      begin: "lambdas/begin.ts",
      task: "lambdas/task.ts",
      end: "lambdas/end.ts",
      deploy: "lambdas/deploy.ts",
      "build-image": "lambdas/build-image.ts",
    },
    outdir: `${next}/lambdas`,
    plugins: [optionsUnread, modelsUnrun, withoutCommands],
  }),
  build({
    ...runtimes,
    entryPoints: { batch: "lambdas/batch.ts", boot: "lambdas/boot.ts" },
    outdir: `${next}/lambdas`,
    plugins: [optionsUnread],
  }),
  promisify(execFile)("node_modules/.bin/tsc", ["-p", "tsconfig.build.json", "--outDir", `${next}/types`]),
]);
cpSync("lambdas/python/millrace", `${next}/python/millrace`, {
  recursive: true,
  filter: (path) => !path.endsWith("__pycache__"),
});
// With these pip can install it, for notebooks.
for (const file of ["pyproject.toml", "README.md"]) cpSync(`lambdas/python/${file}`, `${next}/python/${file}`);
cpSync("lambdas/python/boot.py", `${next}/lambdas/boot.py`);
cpSync("lib/flow/flow-definition.schema.json", `${next}/flow-definition.schema.json`);
rmSync("dist", { recursive: true, force: true });
renameSync(next, "dist");

async function library(): Promise<void> {
  const bundle = await rolldown({
    input: {
      index: "lib/index.ts",
      client: "lib/client/index.ts",
      constructs: "constructs/index.ts",
      model: "lib/model/index.ts",
      vite: "lib/flow/vite.ts",
      millrace: "bin/millrace.ts",
      worker: "lib/run/worker.ts",
      bundler: "constructs/bundle/main.ts",
    },
    platform: "node",
    // Packages, but for the compiler's own helpers.
    external: /^(?!@oxc-project\/)[@a-z]/,
    transform: { target: "node22.18" },
    plugins: [builtins],
    checks: { ineffectiveDynamicImport: false },
  });
  await bundle.write({
    dir: next,
    format: "esm",
    sourcemap: true,
    comments: false,
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: { groups: together.map(([name, test], i) => ({ name, test, priority: together.length - i })) },
  });
}
