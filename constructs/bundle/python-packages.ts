import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtOnce } from "../../lib/environment/cache.ts";
import { systemInterpreter } from "../../lib/environment/interpreter.ts";
import { findUv, install } from "../../lib/environment/pip.ts";
import type { Packages } from "../../lib/environment/requirements.ts";
import { readFolder } from "../../lib/environment/sources.ts";
import { zip } from "./zip.ts";

/** What Lambda's and the stock images' C library takes: https://peps.python.org/pep-0600/. */
const platforms = ["manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"];

/**
 * A folder with the packages for AWS's Linux, whatever this machine is: wheels only, since nothing can be compiled for it here. The same packages
 * are installed once.
 *
 * @param version of Python, as `3.14`
 * @param cwd what paths in a list are relative to
 * @throws EnvironmentError
 */
export async function packagesForAws(packages: Packages, version: string, cwd: string): Promise<string> {
  const uv = await findUv();
  const command = uv === undefined ? [(await systemInterpreter()).program, "-m", "pip"] : [uv, "pip"];
  const target = uv === undefined ? pipTarget(version) : uvTarget(version);
  const built = await builtOnce("packages", ["aws", version, packages.content, packages.local], async (folder) => {
    await mkdir(folder);
    await install(command, ["--target", join(folder, "python"), ...target], { packages, scratch: folder, cwd });
  });
  return join(built, "python");
}

export interface Archive {
  readonly path: string;
  readonly sha256: string;
}

/** The packages as one file, which a Batch job unpacks instead of installing anything. */
export async function archiveOf(packages: string): Promise<Archive> {
  const folder = await builtOnce("archives", [packages], async (target) => {
    await mkdir(target);
    const archive = zip(await readFolder(packages, isPackaged));
    await writeFile(join(target, "packages.zip"), archive);
    await writeFile(join(target, "sha256"), sha256(archive));
  });
  return { path: join(folder, "packages.zip"), sha256: await readFile(join(folder, "sha256"), "utf8") };
}

/** What was compiled here is compiled again where it runs. */
export function isPackaged(name: string): boolean {
  return name !== "__pycache__";
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function pipTarget(version: string): string[] {
  const platform = platforms.flatMap((name) => ["--platform", name]);
  return ["--only-binary=:all:", "--implementation", "cp", "--python-version", version, ...platform];
}

function uvTarget(version: string): string[] {
  return ["--only-binary", ":all:", "--python-version", version, "--python-platform", "x86_64-manylinux_2_28"];
}
