import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Folder } from "./command.ts";

/** Without Docker: stand-ins for docker and podman note how they are called, and answer as a test says. */
let folder: Folder;
let programs: string;
let calls: string;

beforeAll(async () => {
  folder = new Folder();
  symlinkSync(join(import.meta.dirname, "../../node_modules/zod"), join(folder.path, "node_modules/zod"));
  folder.write(
    "service.ts",
    `import { api, ModelService } from "millrace/model";
     import { z } from "zod";
     export class AddOne extends ModelService {
       @api({ input: z.number(), output: z.number() }) add(x: number) { return x + 1; }
     }`,
  );
  await folder.out("bundle", "service.ts", "--version", "1.2.0+b7", "--output", "add-one");
});
afterAll(() => folder.remove());

beforeEach(() => {
  programs = join(folder.path, "programs");
  calls = join(folder.path, "calls");
  for (const path of [programs, calls]) rmSync(path, { recursive: true, force: true });
  mkdirSync(programs);
});

/** @param answers What it does for the calls that a pattern of the shell means; the others succeed without a word. */
function standIn(program: "docker" | "podman", answers: Readonly<Record<string, string>> = {}): void {
  const cases = Object.entries(answers).map(([pattern, body]) => `  ${pattern}) ${body} ;;\n`);
  const script = `#!/bin/sh\necho "${program} $*" >> "${calls}"\ncase "$*" in\n${cases.join("")}  *) ;;\nesac\n`;
  writeFileSync(join(programs, program), script);
  chmodSync(join(programs, program), 0o755);
}

async function containerize(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const none = { DOCKER_HOST: "", DOCKER_CONTEXT: "", CONTAINER_HOST: "", BUILDX_BUILDER: "" };
  const child = folder.start(["containerize", "add-one", ...args], { ...none, ...env, PATH: programs });
  const ended = await folder.ended(child);
  return { ...ended, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
}

describe("containerize", () => {
  it("builds with docker, and tells the image; what docker says goes to standard error", async () => {
    standIn("docker", { "build*": "echo 'naming to add-one' >&2" });
    standIn("podman");
    expect(await containerize()).toEqual({
      code: 0,
      stdout: "add-one:1.2.0_b7 is built.\n",
      stderr: "naming to add-one\n",
      calls: ["docker version", "docker build --tag add-one:1.2.0_b7 add-one"],
    });
  });

  it("builds for a platform, under several names, on another base image", async () => {
    standIn("docker");
    const { calls, stdout } = await containerize([
      ...["--tag", "iris", "--tag", "registry.example.com:5000/team/iris:1.2.0", "--platform", "linux/arm64"],
      ...["--build-arg", "NODE_IMAGE=registry.example.com/node:24", "--json"],
    ]);
    expect(calls[1]).toBe(
      "docker build --tag iris --tag registry.example.com:5000/team/iris:1.2.0 --platform linux/arm64 --build-arg NODE_IMAGE=registry.example.com/node:24 add-one",
    );
    expect(JSON.parse(stdout)).toEqual({
      images: ["iris", "registry.example.com:5000/team/iris:1.2.0"],
      engine: "docker",
      pushed: false,
    });
  });

  it("makes no attestations: SageMaker and Lambda take no image that is an index", async () => {
    standIn("docker", { "build*": 'echo "$BUILDX_NO_DEFAULT_ATTESTATIONS at $DOCKER_HOST"' });
    const { stderr } = await containerize([], { DOCKER_HOST: "ssh://builder" });
    expect(stderr).toBe("1 at ssh://builder\n");
  });

  it.each([
    [
      "loads what a remote builder has built",
      ["--builder", "cloud"],
      {},
      "docker buildx build --builder cloud --tag add-one:1.2.0_b7 --load add-one",
    ],
    [
      "takes the builder that BUILDX_BUILDER names",
      [],
      { BUILDX_BUILDER: "cloud" },
      "docker buildx build --builder cloud --tag add-one:1.2.0_b7 --load add-one",
    ],
    [
      "pushes from it, for several platforms",
      ["--builder", "cloud", "--tag", "r.example.com/iris:1", "--platform", "linux/amd64,linux/arm64", "--push"],
      {},
      "docker buildx build --builder cloud --tag r.example.com/iris:1 --platform linux/amd64,linux/arm64 --push add-one",
    ],
  ])("%s, without an engine here", async (_, args, env, line) => {
    standIn("docker", { version: "echo 'Cannot connect to the Docker daemon.' >&2; exit 1" });
    const { code, calls } = await containerize(args, env);
    expect(calls).toEqual(["docker buildx inspect cloud", line]);
    expect(code).toBe(0);
  });

  it("pushes with docker", async () => {
    standIn("docker");
    const { calls, stdout } = await containerize(["--tag", "r.example.com/iris:1", "--push"]);
    expect(calls[1]).toBe("docker buildx build --tag r.example.com/iris:1 --push add-one");
    expect(stdout).toBe("r.example.com/iris:1 is built and pushed.\n");
  });

  it("builds and pushes with podman where there is no docker, in the format that has health checks", async () => {
    standIn("podman");
    const { code, calls } = await containerize(["--tag", "r.example.com/iris:1", "--push"]);
    expect(calls).toEqual([
      "podman version",
      "podman build --format docker --tag r.example.com/iris:1 add-one",
      "podman push r.example.com/iris:1",
    ]);
    expect(code).toBe(0);
  });

  it("builds with podman where docker does not answer, or where CONTAINER_HOST says where podman is", async () => {
    standIn("podman");
    standIn("docker", { version: "exit 1" });
    expect((await containerize()).calls.slice(0, 2)).toEqual(["docker version", "podman version"]);
    rmSync(calls);
    standIn("docker");
    expect((await containerize([], { CONTAINER_HOST: "ssh://builder" })).calls[0]).toBe("podman version");
  });
});

describe("containerize fails", () => {
  it("where there is no engine", async () => {
    expect(await containerize()).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: There is neither docker nor podman on this machine.
  fix: Install one of them, or let another machine build: with DOCKER_HOST, or --builder and one of docker buildx. The folder is ready for any of them: docker build add-one.
`,
      calls: [],
    });
  });

  it("where the engine does not answer", async () => {
    standIn("docker", { version: "echo 'Client: 28'; echo 'Cannot connect to the Docker daemon.' >&2; exit 1" });
    const { code, stderr } = await containerize();
    expect(stderr).toContain(
      "error: docker does not answer: Cannot connect to the Docker daemon.\n  fix: Start it, or let ",
    );
    expect(code).toBe(1);
  });

  it("where the builder is unknown, or there is no docker for it", async () => {
    standIn("docker", { "buildx*": `echo 'ERROR: no builder "cloud" found' >&2; exit 1` });
    expect(await containerize(["--builder", "cloud"])).toMatchObject({
      code: 1,
      stderr: `error: docker buildx has no builder cloud that answers: ERROR: no builder "cloud" found
  fix: docker buildx ls lists what there is; docker buildx create --name cloud … adds one.
`,
      calls: ["docker buildx inspect cloud"],
    });
    rmSync(join(programs, "docker"));
    standIn("podman");
    const { code, stderr } = await containerize(["--builder", "cloud"]);
    expect(stderr).toContain("error: The builder cloud is one of docker buildx, and there is no docker.\n");
    expect(code).toBe(1);
  });

  it("with the last lines of a build, and its command line", async () => {
    standIn("docker", { "build*": "i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo line $i >&2; done; exit 17" });
    const { code, stdout } = await containerize(["--json"]);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "IMAGE",
        message: `docker build ended with exit code 17:\n${[13, 14, 15, 16, 17, 18, 19, 20].map((i) => `  line ${i}`).join("\n")}`,
        fix: "The same without Millrace: docker build --tag add-one:1.2.0_b7 add-one",
      },
    });
    expect(code).toBe(1);
  });

  it("where the registry refuses", async () => {
    standIn("podman", { "push*": "echo 'Error: unauthorized' >&2; exit 125" });
    const { code, stderr } = await containerize(["--tag", "r.example.com/iris", "--push"]);
    expect(stderr).toContain("error: podman push ended with exit code 125:\n  Error: unauthorized\n");
    expect(code).toBe(1);
  });

  it("before anything is built, where a file of the bundle was changed", async () => {
    standIn("docker");
    const file = join(folder.path, "add-one/service.mjs");
    const code = readFileSync(file);
    writeFileSync(file, "changed");
    const ended = await containerize();
    writeFileSync(file, code);
    expect(ended).toMatchObject({ code: 1, calls: [], stderr: expect.stringContaining("service.mjs was changed") });
  });

  it.each([
    ["Iris", '"Iris" is no name of an image.'],
    ["iris:", '"iris:" is no name of an image.'],
    ["iris svm", '"iris svm" is no name of an image.'],
    ["--output", '"--output" is no name of an image.'],
    [`iris:${"x".repeat(129)}`, "is no name of an image."],
    ["registry.example.com//iris", '"registry.example.com//iris" is no name of an image.'],
  ])("as a wrong call where --tag is %j", async (tag, message) => {
    standIn("docker");
    const { code, stderr, calls } = await containerize([`--tag=${tag}`]);
    expect(stderr).toContain(message);
    expect(calls).toEqual([]);
    expect(code).toBe(2);
  });

  it.each([
    [["--push"], "--push does not know where to."],
    [["--platform", "linux/amd64,linux/arm64"], "podman builds for one platform at a time"],
  ])("as a wrong call: %j", async (args, message) => {
    standIn("podman");
    const { code, stderr } = await containerize(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
