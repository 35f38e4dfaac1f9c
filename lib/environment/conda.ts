import { basename } from "node:path";
import type { PythonEnvironment } from "../flow/definition.ts";
import { builtOnce, type OnBuild } from "./cache.ts";
import { EnvironmentError } from "./errors.ts";
import { failure, install } from "./pip.ts";
import { onPath, run } from "./process.ts";
import { type Packages, readPackages } from "./requirements.ts";
import { pythonIn } from "./venv.ts";

/**
 * The interpreter of a conda environment, by micromamba, mamba or conda, whichever is installed; requirements are installed into it by pip.
 *
 * @param folder what files are named relative to
 * @param onBuild gets the packages' name where it has to be built, which takes a while
 * @throws EnvironmentError
 */
export async function condaEnvironment(
  { conda = [], requirements = [], pythonVersion }: PythonEnvironment,
  folder: string,
  onBuild?: OnBuild,
): Promise<string> {
  const packages = await readPackages(conda, folder);
  const more = await readPackages(requirements, folder);
  const program = await onPath(["micromamba", "mamba", "conda"]);
  if (program === undefined) {
    throw new EnvironmentError(
      packages.name,
      "  None of micromamba, mamba and conda is on the path.",
      "Install one of them, or name the packages as requirements, which pip installs.",
    );
  }
  const python = pythonVersion === undefined ? "python" : `python=${pythonVersion}`;
  const ingredients = ["conda", python, process.platform, process.arch, packages.content, more.content, more.local];
  const built = await builtOnce("environments", ingredients, async (target) => {
    onBuild?.(packages.name);
    const made = await run(program, createCommand(program, target, packages, python), { cwd: folder });
    if (made.code !== 0) throw failure(packages.name, made);
    if (more.content.trim() === "") return;
    await install([pythonIn(target), "-m", "pip"], [], { packages: more, scratch: target, cwd: folder });
  });
  return pythonIn(built);
}

/** A list is of conda-forge; a file names its channels. */
function createCommand(program: string, target: string, { file, list = "" }: Packages, python: string): string[] {
  if (file === undefined) {
    const names = list.split("\n").filter((name) => name !== "");
    return ["create", "--yes", "--prefix", target, "--channel", "conda-forge", python, ...names];
  }
  if (basename(program) === "micromamba") return ["create", "--yes", "--prefix", target, "--file", file];
  return ["env", "create", "--yes", "--prefix", target, "--file", file];
}
