import { PythonMissingError, PythonVersionError } from "./errors.ts";
import { onPath, run } from "./process.ts";
import { systemProgram } from "./python.ts";

/** A Python that is installed. */
export interface Interpreter {
  /** An absolute path: that of the interpreter itself, not of a shim that finds it anew each time. */
  readonly program: string;
  /** As `3.13.1`. */
  readonly version: string;
}

const oldest = "3.10";

const known = new Map<string, Promise<Interpreter>>();

/** @throws PythonMissingError, PythonVersionError where it is too old. */
export function interpreterOf(program: string): Promise<Interpreter> {
  const found = known.get(program) ?? inspect(program);
  known.set(program, found);
  return found;
}

/**
 * The Python of this machine: what `MILLRACE_PYTHON` names, else `python3`, else `python3.12` where that version is asked for.
 *
 * @param version as `3.12`
 * @throws PythonMissingError, PythonVersionError
 */
export async function systemInterpreter(version?: string): Promise<Interpreter> {
  const named = systemProgram();
  const program = version === undefined ? undefined : await onPath([`python${version}`]);
  const first = await interpreterOf(named).catch((error) => {
    if (program === undefined) throw error;
    return undefined;
  });
  if (first !== undefined && (version === undefined || isVersion(first, version))) return first;
  if (program !== undefined) return interpreterOf(program);
  throw new PythonVersionError(named, first?.version ?? "", version ?? "");
}

function isVersion({ version }: Interpreter, wanted: string): boolean {
  return version.startsWith(`${wanted}.`);
}

async function inspect(program: string): Promise<Interpreter> {
  const script = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";
  const { code, stdout, stderr } = await run(program, ["-c", script]);
  const [executable, version] = stdout.trim().split("\n");
  if (code !== 0 || !executable || !version) throw new PythonMissingError(program, new Error(stderr));
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 3 || minor < 10) throw new PythonVersionError(program, version, `${oldest} or later`);
  return { program: executable, version };
}
