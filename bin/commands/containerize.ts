import { spawn } from "node:child_process";
import { once } from "node:events";
import { BundleError } from "../../lib/model/bundle/errors.ts";
import { readManifest, verifyFiles } from "../../lib/model/bundle/read.ts";

interface ContainerizeOptions {
  readonly json?: true;
  readonly tag?: string;
}

/** Builds a bundle's image with the builder that is there. */
export async function containerize(folder: string, { json, tag }: ContainerizeOptions): Promise<void> {
  const { name, version, files } = await readManifest(folder);
  await verifyFiles(folder, files);
  const image = tag ?? `${name}:${version}`;
  for (const builder of ["docker", "podman"]) {
    const code = await run(builder, ["build", "--tag", image, folder]);
    if (code === "missing") continue;
    if (code !== 0) {
      throw new BundleError("IMAGE", `${builder} build ended with exit code ${code}.`, {
        fix: `Its output above says why; the same without Millrace: ${builder} build --tag ${image} ${folder}`,
      });
    }
    console.log(json ? JSON.stringify({ image, builder }) : `${image} is built.`);
    return;
  }
  throw new BundleError("IMAGE", "There is neither docker nor podman on this machine.", {
    fix: `The folder is ready for them: docker build --tag ${image} ${folder}`,
  });
}

async function run(program: string, args: readonly string[]): Promise<number | "missing"> {
  // Its output goes to standard error: standard output is for the result.
  const child = spawn(program, args, { stdio: ["ignore", 2, 2] });
  try {
    const [code] = await once(child, "close");
    return Number(code ?? 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "missing";
    throw error;
  }
}
