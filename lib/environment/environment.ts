import { dirname, resolve } from "node:path";
import type { FlowDefinition, PythonEnvironment } from "../flow/definition.ts";
import type { OnBuild } from "./cache.ts";
import { condaEnvironment } from "./conda.ts";
import { interpreterOf, systemInterpreter } from "./interpreter.ts";
import { virtualEnvironment } from "./venv.ts";

/**
 * The interpreter of each Python step, in an environment that has what the step asks for: what is missing is built now, before anything runs.
 *
 * @param onBuild gets the name of the packages that are installed
 * @throws EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function prepareInterpreters(
  { file = "", steps }: FlowDefinition,
  onBuild?: OnBuild,
): Promise<ReadonlyMap<string, string>> {
  const folder = dirname(resolve(file));
  const prepared = new Map<string, Promise<string>>();
  const interpreters = Object.entries(steps).map(async ([step, { body }]) => {
    if (body.kind !== "python") return [];
    const key = JSON.stringify(body.environment ?? {});
    const interpreter = prepared.get(key) ?? prepareInterpreter(body.environment ?? {}, folder, onBuild);
    prepared.set(key, interpreter);
    return [[step, await interpreter] as const];
  });
  return new Map((await Promise.all(interpreters)).flat());
}

/**
 * The interpreter in an environment, which is built where it is not there yet.
 *
 * @param folder what files are named relative to
 * @throws EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function prepareInterpreter(
  environment: PythonEnvironment,
  folder: string,
  onBuild?: OnBuild,
): Promise<string> {
  const { interpreter, conda, requirements, pythonVersion } = environment;
  if (interpreter !== undefined) {
    // A path is relative to the flow, as all files are; a name is looked for on the path.
    return (await interpreterOf(interpreter.includes("/") ? resolve(folder, interpreter) : interpreter)).program;
  }
  if (conda !== undefined) return condaEnvironment(environment, folder, onBuild);
  if (requirements !== undefined) return virtualEnvironment(requirements, pythonVersion, folder, onBuild);
  return (await systemInterpreter(pythonVersion)).program;
}
