// Builds dist/: the library and the command as ES modules that share their chunks, the runtimes that go to AWS as single files, the types.
import { execFile } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
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

rmSync("dist", { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: {
      index: "lib/index.ts",
      client: "lib/client/index.ts",
      constructs: "constructs/index.ts",
      vite: "lib/flow/vite.ts",
      millrace: "bin/millrace.ts",
      app: "bin/app.ts",
      worker: "lib/run/worker.ts",
      bundler: "constructs/bundle/main.ts",
    },
    outdir: "dist",
    splitting: true,
    packages: "external",
    chunkNames: "chunks/[name]-[hash]",
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
    outdir: "dist/lambdas",
    outExtension: { ".js": ".mjs" },
    minify: true,
  }),
  promisify(execFile)("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"]),
]);
cpSync("lib/flow/flow-definition.schema.json", "dist/flow-definition.schema.json");
