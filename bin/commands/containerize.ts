import { BundleError } from "../../lib/model/bundle/errors.ts";
import { readManifest, verifyFiles } from "../../lib/model/bundle/read.ts";
import { commandLines } from "../containers/commands.ts";
import { assertBuilder, type Engine, findEngine } from "../containers/engine.ts";
import { bundleImageName, imageName } from "../containers/image-name.ts";
import { runProgram } from "../containers/program.ts";
import { UsageError } from "../terminal/errors.ts";

interface ContainerizeOptions {
  readonly json?: true;
  readonly tag?: readonly string[];
  readonly platform?: string;
  readonly builder?: string;
  readonly push?: true;
  readonly buildArg?: readonly string[];
}

/** Builds a bundle's image: with docker or podman, here or where they say, or with a builder of docker buildx. */
export async function containerize(folder: string, options: ContainerizeOptions): Promise<void> {
  const { json, tag = [], platform, push = false, buildArg: buildArgs = [] } = options;
  const builder = options.builder ?? (process.env.BUILDX_BUILDER || undefined);
  const named = tag.map(imageName);
  if (push && named.length === 0) {
    throw new UsageError("--push does not know where to.", "Say it with --tag registry.example.com/iris:1.2.0.");
  }
  const { name, version, files } = await readManifest(folder);
  const images = named.length === 0 ? [bundleImageName(name, version)] : named;
  await verifyFiles(folder, files);
  const engine = await engineFor(builder, folder);
  const lines = commandLines(engine, { folder, images, platform, builder, push, buildArgs });
  for (const line of lines) await run(line);
  const done = push ? "built and pushed" : "built";
  console.log(json ? JSON.stringify({ images, engine, pushed: push }) : `${images.join(", ")} is ${done}.`);
}

async function engineFor(builder: string | undefined, folder: string): Promise<Engine> {
  if (builder === undefined) return await findEngine(folder);
  await assertBuilder(builder);
  return "docker";
}

async function run([program = "", ...args]: readonly string[]): Promise<void> {
  const ended = await runProgram(program, args, { isShown: true });
  if (ended?.code === 0) return;
  const { code, lastLines } = ended ?? { code: 127, lastLines: [] };
  throw new BundleError(
    "IMAGE",
    [`${program} ${args[0]} ended with exit code ${code}:`, ...lastLines.map((line) => `  ${line}`)].join("\n"),
    { fix: `The same without Millrace: ${[program, ...args].join(" ")}` },
  );
}
