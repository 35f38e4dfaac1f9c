import { basename, dirname, join, relative } from "node:path";
import { prepareInterpreter } from "../../environment/environment.ts";
import { systemInterpreter } from "../../environment/interpreter.ts";
import { run } from "../../environment/process.ts";
import { awsPythonVersion, withPackages } from "../../environment/python.ts";
import { requirementLines } from "../../environment/requirements.ts";
import type { PythonEnvironment } from "../../flow/definition.ts";
import { ModelError } from "../errors.ts";
import type { LoadedService } from "../service/load.ts";
import { PythonHost } from "./host.ts";
import { type PythonImage, pythonServiceClass } from "./service.ts";

/** An environment, and the folder that its files are named relative to. */
export interface PlacedEnvironment {
  readonly environment: PythonEnvironment;
  readonly folder: string;
}

/**
 * Loads the service of a `.py` file, in a process with the environment that it asks for.
 *
 * @param name of the class, where the file has several
 * @param usual What it runs in where the class names no environment. Default: the Python of this machine.
 * @throws ModelError, EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function loadPythonService(
  path: string,
  name: string | undefined,
  usual: PlacedEnvironment | undefined,
): Promise<LoadedService> {
  const folder = dirname(path);
  const own = { environment: await readEnvironment(path, name), folder };
  const placed = Object.keys(own.environment).length > 0 ? own : (usual ?? own);
  const program = await prepareInterpreter(placed.environment, placed.folder);
  const service = name === undefined ? {} : { service: name };
  const source = { interpreter: async () => program, folder, file: basename(path), ...service };
  let first: PythonHost | undefined = new PythonHost(source);
  const { description, files } = await first.load();
  // Its process is there already: for the instance that is used first.
  const open = () => {
    const host = first ?? new PythonHost(source);
    first = undefined;
    return host;
  };
  const Service = pythonServiceClass(
    description,
    open,
    await imageOf(placed, placed === usual ? awsPythonVersion : undefined),
  );
  return {
    service: new Service(),
    file: path,
    inputs: files.map((file) => join(folder, file)),
    discard: () => {
      first?.kill();
      first = undefined;
    },
  };
}

/** @param usual Python's version in the steps that make the models. */
async function imageOf(placed: PlacedEnvironment, usual: string | undefined): Promise<PythonImage | undefined> {
  const { requirements, pythonVersion: python = usual } = placed.environment;
  if (requirements === undefined) return undefined;
  return {
    requirements: await requirementLines(requirements, placed.folder),
    ...(python !== undefined && { python }),
  };
}

/** What the class says of its environment, read from the source: to import it may need the packages. */
async function readEnvironment(path: string, name: string | undefined): Promise<PythonEnvironment> {
  const { program } = await systemInterpreter();
  const args = ["-m", "millrace.model.environment", path, ...(name === undefined ? [] : [name])];
  const env = Object.fromEntries(
    Object.entries(withPackages(process.env)).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { code, stdout, stderr } = await run(program, args, { env });
  if (code !== 0) {
    const reason = stderr.trim();
    throw new ModelError("PYTHON_SERVICE", `${relative(process.cwd(), path)} cannot be read: ${reason}.`, {
      fix: 'Write it out, as in requirements = ["numpy==2.4.6"]: it is read before the packages are there that the file imports.',
    });
  }
  return JSON.parse(stdout);
}
