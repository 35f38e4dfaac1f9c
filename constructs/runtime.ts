import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DeployError } from "./errors.ts";

/** The single files that run on AWS: the task runtimes that a step's bundle includes, and the functions that are complete as they are. */
export type Runtime = "begin" | "task" | "batch" | "deploy" | "boot" | "end" | "build-image";

/** The text of a boot script: what a job definition has as its command. */
export function readRuntime(file: "boot.mjs" | "boot.py"): string {
  return readFileSync(join(builtFolder(), "lambdas", file), "utf8").trim();
}

/** Where the build put one of them: beside this module in the package, in dist/ of a checkout. */
export function runtimeFile(name: Runtime): string {
  const file = join(builtFolder(), "lambdas", `${name}.mjs`);
  if (existsSync(file)) return file;
  throw new DeployError(`The runtime for AWS is not built: there is no ${file}.`, "Run npm run build.");
}

export function builtFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return join(folder, "dist");
  }
}
