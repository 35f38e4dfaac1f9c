import { join } from "node:path";
import { builtOnce, type OnBuild } from "./cache.ts";
import { systemInterpreter } from "./interpreter.ts";
import { failure, findUv, install } from "./pip.ts";
import { run } from "./process.ts";
import { type Packages, readPackages } from "./requirements.ts";

/**
 * The interpreter of a virtual environment with the requirements, by uv where it is installed, else by venv and pip. The same requirements have
 * the same environment, in all flows.
 *
 * @param folder what files are named relative to
 * @param onBuild gets the requirements' name where it has to be built, which takes a while
 * @throws EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function virtualEnvironment(
  requirements: readonly string[] | string,
  version: string | undefined,
  folder: string,
  onBuild?: OnBuild,
): Promise<string> {
  const packages = await readPackages(requirements, folder);
  const uv = await findUv();
  // uv fetches a Python that is not here.
  const base = uv !== undefined && version !== undefined ? version : (await systemInterpreter(version)).program;
  const ingredients = ["venv", base, process.platform, packages.content, packages.local];
  const built = await builtOnce("environments", ingredients, (target) => {
    onBuild?.(packages.name);
    return uv === undefined ? withVenv(target, base, packages, folder) : withUv(uv, target, base, packages, folder);
  });
  return pythonIn(built);
}

export function pythonIn(environment: string): string {
  return join(environment, "bin", "python");
}

async function withVenv(target: string, base: string, packages: Packages, cwd: string): Promise<void> {
  const made = await run(base, ["-m", "venv", target]);
  if (made.code !== 0)
    throw failure(
      packages.name,
      made,
      "See that the disk has room, and that Python has venv and ensurepip: on Debian, apt-get install python3-venv.",
    );
  await install([pythonIn(target), "-m", "pip"], [], { packages, scratch: target, cwd });
}

async function withUv(uv: string, target: string, base: string, packages: Packages, cwd: string): Promise<void> {
  const made = await run(uv, ["venv", "--python", base, target]);
  if (made.code !== 0) throw failure(packages.name, made);
  await install([uv, "pip"], ["--python", pythonIn(target)], { packages, scratch: target, cwd });
}
