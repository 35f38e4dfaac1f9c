// Builds dist/: the library and the command as ES modules that share their chunks, the runtimes that go to AWS as single files, the types.
import { execFile } from "node:child_process";
import { cpSync, renameSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { type BuildOptions, build } from "esbuild";

const common = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.18",
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

// Built beside it and then put in its place, so that a build that fails leaves the last one.
const next = "dist.next";
rmSync(next, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: {
      index: "lib/index.ts",
      client: "lib/client/index.ts",
      constructs: "constructs/index.ts",
      model: "lib/model/index.ts",
      vite: "lib/flow/vite.ts",
      millrace: "bin/millrace.ts",
      bundler: "constructs/bundle/main.ts",
      "bundle-runtime": "lib/model/bundle/runtime.ts",
    },
    outdir: next,
    splitting: true,
    packages: "external",
    chunkNames: "chunks/[name]-[hash]",
  }),
  // With chunks of its own: a thread comes up sooner with few files to read.
  build({
    ...common,
    entryPoints: { worker: "lib/run/worker.ts" },
    outdir: next,
    splitting: true,
    packages: "external",
    chunkNames: "chunks/worker-[name]-[hash]",
  }),
  build({
    ...common,
    entryPoints: {
      begin: "lambdas/begin.ts",
      task: "lambdas/task.ts",
      end: "lambdas/end.ts",
      batch: "lambdas/batch.ts",
      boot: "lambdas/boot.ts",
    },
    outdir: `${next}/lambdas`,
    outExtension: { ".js": ".mjs" },
    // A step's bundle has it where the project does.
    external: ["apache-arrow"],
    minify: true,
  }),
  promisify(execFile)("node_modules/.bin/tsc", ["-p", "tsconfig.build.json", "--outDir", `${next}/types`]),
]);
cpSync("lambdas/python/millrace", `${next}/python/millrace`, {
  recursive: true,
  filter: (path) => !path.endsWith("__pycache__"),
});
cpSync("lambdas/python/boot.py", `${next}/lambdas/boot.py`);
cpSync("lib/flow/flow-definition.schema.json", `${next}/flow-definition.schema.json`);
rmSync("dist", { recursive: true, force: true });
renameSync(next, "dist");
