import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const json = { "content-type": "application/json" };

export type ServerProcess = Awaited<ReturnType<typeof startServer>>;

/** Runs a bundle's server until it answers, or ends. */
export async function startServer(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const port = await freePort();
  const child = spawn(process.execPath, [join(folder, "server.mjs"), ...args], {
    cwd: dirname(folder),
    env: { PATH: process.env.PATH, PORT: String(port), SAGEMAKER_BIND_TO_PORT: String(port), ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = once(child, "close").then(([code]) => Number(code));
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(async () => child.exitCode !== null || (await fetch(`${url}/ping`).catch(() => undefined))?.ok, {
      timeout: 15_000,
      interval: 10,
    })
    .toBe(true);
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body), headers: { ...json, ...headers } });
  return {
    child,
    url,
    ended,
    post,
    answer: async (path: string, body: unknown) => JSON.parse(await (await post(path, body)).text()),
    /** What it wrote, to both streams. */
    output: () => output,
    /** Its log, a line each. */
    log: () =>
      output
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
