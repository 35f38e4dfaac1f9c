import { execFile, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Thirds } from "../model/fixtures/thirds.ts";
import { freePort } from "../model/support/server-process.ts";

/**
 * The Dockerfile of a bundle, built and run for real: by buildah, which needs no daemon, on a base image that is made of this machine's
 * Node and the libraries that it needs.
 */
const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "millrace-images-"));
const env = { ...process.env, STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" };
const storage = ["--root", join(scratch, "storage"), "--runroot", join(scratch, "run")];
const base = "localhost/node:base";

async function buildah(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("buildah", [...storage, ...args], { env });
  return stdout.trim();
}

function makeBase(): boolean {
  const root = join(scratch, "base/root");
  const libraries = spawnSync("ldd", [process.execPath], { encoding: "utf8" }).stdout ?? "";
  const files = [...libraries.matchAll(/(\/\S+)/g)].map(([path]) => path);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(realpathSync(file), join(root, file));
  }
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  cpSync(process.execPath, join(root, "usr/local/bin/node"));
  mkdirSync(join(root, "etc"));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  writeFileSync(
    join(scratch, "base/Dockerfile"),
    `FROM scratch\nCOPY root /\nRUN ["/usr/local/bin/node", "--version"]\n`,
  );
  const built = spawnSync("buildah", [...storage, "bud", "--tag", base, join(scratch, "base")], { env });
  return built.status === 0;
}

const canBuild = makeBase();

/** @param text The program that its standard input is. */
async function inContainer(container: string, text: string): Promise<unknown> {
  return JSON.parse(await buildah("run", container, "--", "node", "--input-type=module", "-e", text));
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(!canBuild)("the image of a bundle (apt-get install buildah, and the right to make containers)", () => {
  let container: string;
  let config: Record<string, unknown>;

  beforeAll(async () => {
    const service = new Thirds().pack("offsets", new Float64Array([1]));
    service.divider.pack("divisor", 3);
    const umask = process.umask(0o077);
    const bundle = await service.save(join(scratch, "thirds")).finally(() => process.umask(umask));
    const args = ["--pull-never", "--format", "docker", "--build-arg", `NODE_IMAGE=${base}`, "--tag", "thirds"];
    await buildah("bud", ...args, bundle);
    container = await buildah("from", "--pull-never", "thirds");
    config = JSON.parse(await buildah("inspect", "--type", "image", "thirds")).Docker.config;
  });

  it("says how it is run: no shell, no root, a health check that needs nothing but Node", () => {
    expect(config).toMatchObject({
      User: "1000:1000",
      ExposedPorts: { "3000/tcp": {}, "8080/tcp": {} },
      Cmd: ["--host", "0.0.0.0"],
      Healthcheck: {
        Test: ["CMD", "node", "server.mjs", "health"],
        Interval: 10e9,
        Timeout: 3e9,
        StartPeriod: 10e9,
      },
      WorkingDir: "/opt/service",
      Entrypoint: ["node", "server.mjs"],
    });
    expect(config.Env).toEqual(expect.arrayContaining(["NODE_ENV=production", "PORT=3000"]));
  });

  it("has files that its user reads and cannot change, whatever the umask was where the bundle was written", async () => {
    const seen = await inContainer(
      container,
      `import { accessSync, constants, readFileSync } from "node:fs";
       const writable = (path) => { try { accessSync(path, constants.W_OK); return true; } catch { return false; } };
       const files = Object.keys(JSON.parse(readFileSync("millrace-bundle.json")).files);
       files.forEach((file) => readFileSync(file));
       console.log(JSON.stringify([process.getuid(), process.getgid(), files.length, [".", ...files].filter(writable)]));`,
    );
    expect(seen).toEqual([1000, 1000, 12, []]);
  });

  it.each([
    ["serve", "/invocations"],
    ["--log-level=info", "/predict"],
  ])("answers as SageMaker and as Docker start it (%s), is healthy, and stops on SIGTERM", async (argument, path) => {
    const port = await freePort();
    const command = [...(config.Entrypoint as string[]), argument, "--host", "127.0.0.1", "--port", String(port)];
    const child = spawn("buildah", [...storage, "run", container, "--", ...command], { env });
    const ended = new Promise((resolve) => child.once("close", resolve));
    let log = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (log += text));
    const url = `http://127.0.0.1:${port}`;
    await expect
      .poll(async () => (await fetch(`${url}/ping`).catch(() => undefined))?.status, { timeout: 15_000 })
      .toBe(200);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", body: "[3, 6]", headers });
    expect(await answer.json()).toEqual([2, 3]);
    const health = ["run", "--env", `PORT=${port}`, container, "--", "node", "server.mjs", "health"];
    await expect(buildah(...health)).resolves.toBe("");
    // The process inside is one of this machine.
    process.kill(await serverPid(port), "SIGTERM");
    expect(await ended).toBe(0);
    expect(
      log
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).msg),
    ).toEqual(["listening", "stopping"]);
    await expect(buildah(...health)).rejects.toThrow();
  });
});

async function serverPid(port: number): Promise<number> {
  const { stdout } = await run("ps", ["-eo", "pid,args"]);
  const line = stdout
    .split("\n")
    .find((text) => /^ *\d+ (?:\S*\/)?node server\.mjs /.test(text) && text.includes(`--port ${port}`));
  return Number.parseInt(line ?? "", 10);
}
