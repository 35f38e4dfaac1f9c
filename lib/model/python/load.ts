import { basename, dirname, join, relative } from "node:path";
import { prepareInterpreter } from "../../environment/environment.ts";
import { systemInterpreter } from "../../environment/interpreter.ts";
import { run } from "../../environment/process.ts";
import { withPackages } from "../../environment/python.ts";
import type { PythonEnvironment } from "../../flow/definition.ts";
import { ModelError } from "../errors.ts";
import type { LoadedService } from "../service/load.ts";
import { PythonHost } from "./host.ts";
import { pythonServiceClass } from "./service.ts";

/**
 * Loads the service of a `.py` file, in a process with the environment that it asks for.
 *
 * @param name of the class, where the file has several
 * @throws ModelError, EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function loadPythonService(path: string, name: string | undefined): Promise<LoadedService> {
  const folder = dirname(path);
  const program = await prepareInterpreter(await readEnvironment(path, name), folder);
  const service = name === undefined ? {} : { service: name };
  const first = new PythonHost({ interpreter: async () => program, folder, file: basename(path), ...service });
  const { description, files } = await first.load();
  // Its process is there already; it is for the one instance that is made here.
  const Service = pythonServiceClass(description, () => first);
  return { service: new Service(), file: path, inputs: files.map((file) => join(folder, file)) };
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
