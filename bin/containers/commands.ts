import { UsageError } from "../terminal/errors.ts";
import type { Engine } from "./engine.ts";

/** What is to be built. */
export interface ImageBuild {
  readonly folder: string;
  /** Its names; the first is what it is called by. */
  readonly images: readonly string[];
  /** `linux/arm64`, or several with commas. */
  readonly platform?: string | undefined;
  /** A builder of docker buildx. */
  readonly builder?: string | undefined;
  readonly push: boolean;
  /** `NODE_IMAGE=…` */
  readonly buildArgs: readonly string[];
}

/** The command lines that build an image, and push it. */
export function commandLines(engine: Engine, build: ImageBuild): readonly (readonly string[])[] {
  return engine === "docker" ? [docker(build)] : podman(build);
}

/** A builder of its own keeps what it has built to itself, unless it is told to load or to push it. */
function docker(build: ImageBuild): readonly string[] {
  const { builder, platform, push, folder } = build;
  if (builder === undefined && !push && !isSeveral(platform)) return ["docker", "build", ...options(build), folder];
  const named = builder === undefined ? [] : ["--builder", builder];
  return ["docker", "buildx", "build", ...named, ...options(build), push ? "--push" : "--load", folder];
}

/** Images in the format of OCI have no health check. */
function podman(build: ImageBuild): readonly (readonly string[])[] {
  const { platform, push, images, folder } = build;
  if (isSeveral(platform)) {
    throw new UsageError(
      `podman builds for one platform at a time; received ${platform}.`,
      "Call it once for each, with a --tag of its own, or use docker.",
    );
  }
  const pushes = push ? images.map((image) => ["podman", "push", image]) : [];
  return [["podman", "build", "--format", "docker", ...options(build), folder], ...pushes];
}

function options({ images, platform, buildArgs }: ImageBuild): readonly string[] {
  return [
    ...images.flatMap((image) => ["--tag", image]),
    ...(platform === undefined ? [] : ["--platform", platform]),
    ...buildArgs.flatMap((argument) => ["--build-arg", argument]),
  ];
}

function isSeveral(platform: string | undefined): boolean {
  return platform?.includes(",") ?? false;
}
