import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "./errors.ts";
import { type Finished, onPath, run } from "./process.ts";
import type { Packages } from "./requirements.ts";

export interface Installation {
  readonly packages: Packages;
  /** Holds the list of packages, where it is one. */
  readonly scratch: string;
  /** What paths in a list are relative to. */
  readonly cwd: string;
}

/** uv, which does what pip does in a fraction of the time, where it is installed. */
export function findUv(): Promise<string | undefined> {
  return onPath(["uv"]);
}

/**
 * Installs packages by pip's rules and settings, such as `PIP_INDEX_URL` and `PIP_FIND_LINKS`.
 *
 * @param command `["python", "-m", "pip"]` or `["uv", "pip"]`
 * @param options where to, and for what
 * @throws EnvironmentError with the reason that the installer gives.
 */
export async function install(
  [program = "", ...command]: readonly string[],
  options: readonly string[],
  { packages, scratch, cwd }: Installation,
): Promise<void> {
  let { file } = packages;
  if (file === undefined) {
    file = join(scratch, "requirements.txt");
    await writeFile(file, packages.list ?? "");
  }
  const env = { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1", ...uvSettings(process.env) };
  const finished = await run(program, [...command, "install", ...options, "-r", file], { cwd, env });
  if (finished.code !== 0) throw failure(packages.name, finished);
}

export function failure(name: string, { stderr, stdout }: Finished, fix = otherRequirement): EnvironmentError {
  return new EnvironmentError(name, reason(stderr || stdout), fix);
}

const otherRequirement =
  "Correct the requirement, or name the index that has it: PIP_INDEX_URL, PIP_FIND_LINKS, or --find-links in a requirements file.";

/** What an installer says last: pip marks it, uv ends with it. */
function reason(output: string): string {
  const lines = output.split("\n").map((line) => line.trimEnd());
  const marked = lines.filter((line) => /^ *(?:ERROR|error):/.test(line));
  const told = marked.length > 0 ? [...new Set(marked)].slice(0, 4) : lines.filter((line) => line !== "").slice(-6);
  return told.map((line) => `  ${line.replace(/^ *ERROR: /, "").slice(0, 400)}`).join("\n");
}

/** uv has names of its own for what people have set for pip. */
function uvSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const settings: Record<string, string> = {};
  const names = {
    PIP_INDEX_URL: "UV_DEFAULT_INDEX",
    PIP_EXTRA_INDEX_URL: "UV_INDEX",
    PIP_FIND_LINKS: "UV_FIND_LINKS",
    PIP_NO_INDEX: "UV_NO_INDEX",
  };
  for (const [pip, uv] of Object.entries(names)) {
    const value = env[pip];
    if (value && env[uv] === undefined) settings[uv] = value;
  }
  return settings;
}
