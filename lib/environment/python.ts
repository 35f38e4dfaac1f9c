import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** On AWS, where no `pythonVersion` is named: the newest that Lambda has, whose standard library has the compression of artifacts. */
export const awsPythonVersion = "3.14";

/** The Python of this machine that is used unless a step names another. */
export function systemProgram(): string {
  return process.env.MILLRACE_PYTHON || "python3";
}

/** The folder with the Python package `millrace`: with the sources in a checkout, in the build beside its modules. */
export function pythonPackages(): string {
  const places = ["../../lambdas/python", "./python", "../python"];
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return folders.find((folder) => existsSync(`${folder}/millrace/__init__.py`)) ?? "";
}

/** The environment of a Python that can import `millrace`. */
export function withPackages(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PYTHONPATH: [pythonPackages(), env.PYTHONPATH].filter(Boolean).join(":") };
}
