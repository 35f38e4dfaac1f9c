import { BundleError } from "../../lib/model/bundle/errors.ts";
import { runProgram } from "./program.ts";

export type Engine = "docker" | "podman";

/**
 * Which program builds: docker if it answers, else podman. Where they run, their own variables say: DOCKER_HOST and DOCKER_CONTEXT,
 * CONTAINER_HOST.
 *
 * @throws BundleError `IMAGE_ENGINE`
 */
export async function findEngine(folder: string): Promise<Engine> {
  const reasons: string[] = [];
  for (const engine of engines(process.env)) {
    const ended = await runProgram(engine, ["version"], { isShown: false });
    if (ended?.code === 0) return engine;
    if (ended !== undefined)
      reasons.push(`${engine} does not answer: ${ended.lastLines.at(-1) ?? `exit code ${ended.code}`}`);
  }
  const [message, first] =
    reasons.length === 0
      ? ["There is neither docker nor podman on this machine.", "Install one of them"]
      : [reasons.join("\n"), "Start it"];
  throw new BundleError("IMAGE_ENGINE", message, {
    fix: `${first}, or let another machine build: with DOCKER_HOST, or --builder and one of docker buildx. The folder is ready for any of them: docker build ${folder}.`,
  });
}

/**
 * A builder of docker buildx, which may be remote and needs no engine here.
 *
 * @throws BundleError `IMAGE_ENGINE`, `IMAGE_BUILDER`
 */
export async function assertBuilder(builder: string): Promise<void> {
  const ended = await runProgram("docker", ["buildx", "inspect", builder], { isShown: false });
  if (ended === undefined) {
    throw new BundleError("IMAGE_ENGINE", `The builder ${builder} is one of docker buildx, and there is no docker.`, {
      fix: "Install docker's command with its plugin buildx. It needs no engine on this machine where the builder is a remote one.",
    });
  }
  if (ended.code === 0) return;
  throw new BundleError(
    "IMAGE_BUILDER",
    `docker buildx has no builder ${builder} that answers: ${ended.lastLines.at(-1) ?? `exit code ${ended.code}`}`,
    { fix: `docker buildx ls lists what there is; docker buildx create --name ${builder} … adds one.` },
  );
}

/** Who says where podman is, and not where docker is, means podman. */
function engines({ CONTAINER_HOST, DOCKER_HOST, DOCKER_CONTEXT }: NodeJS.ProcessEnv): readonly Engine[] {
  return CONTAINER_HOST && !DOCKER_HOST && !DOCKER_CONTEXT ? ["podman", "docker"] : ["docker", "podman"];
}
