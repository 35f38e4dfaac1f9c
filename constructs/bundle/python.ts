import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { awsPythonVersion } from "../../lib/environment/python.ts";
import { readPackages } from "../../lib/environment/requirements.ts";
import { readFolder, readPythonSources } from "../../lib/environment/sources.ts";
import type { FlowDefinition, PythonEnvironment } from "../../lib/flow/definition.ts";
import { fold } from "../../lib/flow/fold.ts";
import { stepContext } from "../../lib/task/context.ts";
import { computeOf } from "../limits.ts";
import { builtFolder } from "../runtime.ts";
import { withoutPlaces } from "./context.ts";
import { writeFolder } from "./folder.ts";
import { type Archive, archiveOf, isPackaged, packagesForAws, sha256 } from "./python-packages.ts";
import type { PythonBundle } from "./request.ts";
import { type Content, zip } from "./zip.ts";

/** In bytes: what a function's code may have unpacked. More than that is a container image. */
const mostUnpacked = 250 * 1024 ** 2;

const imagePackages = "requirements.txt";

/**
 * Bundles each Python step: its context, the Python files below the flow's folder, the package `millrace`, and the packages that it requires, for
 * AWS's platform.
 *
 * @param scratch a folder that lives until the bundles have been taken
 * @throws EnvironmentError where packages cannot be had.
 */
export async function bundlePythonSteps(
  definition: FlowDefinition,
  scratch: string,
): Promise<Record<string, PythonBundle>> {
  const bodies = Object.entries(definition.steps).flatMap(([step, { body }]) =>
    body.kind === "python" ? [{ step, environment: body.environment ?? {} }] : [],
  );
  if (bodies.length === 0) return {};
  const structure = fold(definition);
  const folder = dirname(resolve(definition.file ?? "flow"));
  const shared = new Map([...(await readPythonSources(folder)), ...(await readRuntime())]);
  const bundles = bodies.map(async ({ step, environment }) => {
    const context = withoutPlaces(stepContext(definition, structure, step));
    const content = new Map([...shared, ["step.json", Buffer.from(JSON.stringify(context))]]);
    const compute = computeOf(context.definition);
    const own = { folder, scratch: await mkdtemp(join(scratch, "python-")), environment };
    if (compute.kind === "lambda") return [step, await forLambda(content, own, compute.package)] as const;
    return [step, await forBatch(content, own, compute.image !== undefined)] as const;
  });
  return Object.fromEntries(await Promise.all(bundles));
}

interface Place {
  /** The flow's. */
  readonly folder: string;
  readonly scratch: string;
  readonly environment: PythonEnvironment;
}

async function forLambda(content: Content, place: Place, wanted: "image" | undefined): Promise<PythonBundle> {
  const { folder, scratch, environment } = place;
  const { requirements, pythonVersion: version = awsPythonVersion } = environment;
  const required = requirements === undefined ? undefined : await readPackages(requirements, folder);
  const code = join(scratch, "code");
  await mkdir(code);
  await writeFolder(code, content);
  if (required === undefined && wanted === undefined) return { kind: "folder", folder: code, version };
  if (required !== undefined && wanted === undefined) {
    const packages = await readFolder(await packagesForAws(required, version, folder), isPackaged);
    if (sizeOf(packages) + sizeOf(content) <= mostUnpacked) {
      await writeFolder(code, packages);
      return { kind: "folder", folder: code, version };
    }
  }
  await writeFile(join(code, imagePackages), required?.content ?? "");
  await writeFile(join(code, "Dockerfile"), dockerfile(version));
  return { kind: "image", folder: code, version };
}

/** An image of the user's has the packages; else they come as an archive of their own, which changes less often than the code. */
async function forBatch(content: Content, place: Place, hasImage: boolean): Promise<PythonBundle> {
  const { folder, scratch, environment } = place;
  const { requirements, pythonVersion: version = awsPythonVersion } = environment;
  const archive = zip(content);
  const path = join(scratch, "step.zip");
  await writeFile(path, archive);
  const archives: Archive[] = [{ path, sha256: sha256(archive) }];
  if (requirements !== undefined && !hasImage) {
    const packages = await packagesForAws(await readPackages(requirements, folder), version, folder);
    archives.push(await archiveOf(packages));
  }
  return { kind: "archives", archives, version };
}

async function readRuntime(): Promise<Content> {
  // What is beside the package is for pip, which leaves folders of its own there.
  const runtime = await readFolder(join(builtFolder(), "python", "millrace"), isPackaged);
  return new Map([...runtime].map(([name, bytes]) => [`millrace/${name}`, bytes]));
}

function sizeOf(content: Content): number {
  return [...content.values()].reduce((sum, bytes) => sum + bytes.length, 0);
}

function dockerfile(version: string): string {
  return `FROM public.ecr.aws/lambda/python:${version}
COPY ${imagePackages} ./
RUN pip install --no-cache-dir --requirement ${imagePackages}
COPY . ./
CMD ["millrace.lambda_handler.handler"]
`;
}
