import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Figure, figure } from "./figure.ts";
import { median, output, scratch } from "./measure.ts";
import { load } from "./serve/load.ts";
import type { Memory } from "./serve/memory.ts";

const root = join(import.meta.dirname, "../..");
const millrace = [process.execPath, join(root, "bin/millrace.js")];
const iris = join(root, "examples/iris-classifier");
const flower = "[[5.1,3.5,1.4,0.2]]";

/** A service against a bare server of the same framework; batching on and off; memory; cold start. */
export async function serve(): Promise<readonly Figure[]> {
  const bundle = await irisBundle();
  const slow = join(scratch, "per-call");
  await output([...millrace, "bundle", join(import.meta.dirname, "serve/per-call.ts"), "--output", slow]);
  return [
    ...(await againstBare(bundle)),
    ...(await memory(bundle)),
    ...(await batching(slow)),
    ...(await coldStart(bundle)),
  ];
}

async function irisBundle(): Promise<string> {
  const [store, bundle] = [join(scratch, "store"), join(scratch, "iris")];
  await output([...millrace, "run", join(iris, "flow.ts"), "--store", store]);
  const model = ["--model", "model=iris", "--store", store];
  await output([...millrace, "bundle", join(iris, "service.ts"), ...model, "--output", bundle]);
  return bundle;
}

async function againstBare(bundle: string): Promise<Figure[]> {
  await using ours = await start([join(bundle, "server.mjs"), "--log-level", "warn"]);
  await using bare = await start([join(import.meta.dirname, "serve/bare.ts"), join(bundle, "models/model")]);
  const figures: Figure[] = [];
  for (const connections of [1, 8, 32, 128]) {
    const rounds: { readonly throughput: number; readonly p99: number }[] = [];
    // Taken in short turns, so that the machine's drift meets both alike; the first ones are for the compilers.
    for (let round = -2; round < 11; round++) {
      const a = await load(ours.port, "/predict", flower, connections, 0.5);
      const b = await load(bare.port, "/predict", flower, connections, 0.5);
      if (round >= 0) rounds.push({ throughput: a.requestsPerSecond / b.requestsPerSecond, p99: a.p99 / b.p99 });
    }
    const of = `iris, ${connections} connection${connections > 1 ? "s" : ""}`;
    figures.push(
      figure(`${of}: requests/s`, median(rounds.map(({ throughput }) => throughput)), "× bare fastify", {
        atLeast: 0.7,
      }),
      figure(`${of}: p99`, median(rounds.map(({ p99 }) => p99)), "× bare fastify", 3),
    );
  }
  return figures;
}

/** In MB. V8 doubles the space of new objects once in some 100,000 requests, to its most: it has the size that it comes to from the start. */
const newSpace = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/** What the process holds, and what of it is alive after a collection. Code that is compiled and caches that fill up are the warm-up's. */
async function memory(bundle: string): Promise<Figure[]> {
  const hook = ["--import", pathToFileURL(join(import.meta.dirname, "serve/memory.ts")).href];
  await using server = await start([...newSpace, ...hook, join(bundle, "server.mjs"), "--log-level", "warn"]);
  const requests = async (count: number) => {
    for (let sent = 0; sent < count; ) sent += (await load(server.port, "/predict", flower, 32, 1)).requests;
  };
  await requests(100_000);
  const before = await server.memory();
  await requests(200_000);
  const after = await server.memory();
  const when = "after 200,000 requests, after 100,000 for warming up";
  return [
    figure(`iris, memory in use ${when}`, after.alive / before.alive, "× before", 1.05),
    figure(`iris, memory held ${when}`, after.held / before.held, "× before", 1.1),
  ];
}

async function batching(bundle: string): Promise<Figure[]> {
  await using server = await start([join(bundle, "server.mjs"), "--log-level", "warn"]);
  await load(server.port, "/batched", "[1]", 128, 2);
  const on = await load(server.port, "/batched", "[1]", 128, 5);
  const off = await load(server.port, "/single", "[1]", 128, 5);
  const ratio = on.requestsPerSecond / off.requestsPerSecond;
  return [
    figure("5 ms a call, 128 connections: requests/s with batching", ratio, "× without", { atLeast: 20 }),
    figure("5 ms a call, 128 connections: p99 with batching", on.p99, "ms", 30),
  ];
}

async function coldStart(bundle: string): Promise<Figure[]> {
  const times: number[] = [];
  for (let round = 0; round < 6; round++) {
    const begin = performance.now();
    await using server = await start([join(bundle, "server.mjs")]);
    await load(server.port, "/predict", flower, 1, 0);
    if (round > 0) times.push((performance.now() - begin) / 1000);
  }
  return [figure("cold start of a bundle to its first answer", median(times), "s", 0.5)];
}

/** Starts a server on a port that is free, and waits until it listens. */
async function start(args: readonly string[]) {
  const port = await freePort();
  const environment = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, args, { env: environment, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${args.join(" ")} ended with ${child.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    port,
    async memory(): Promise<Memory> {
      child.send("memory");
      const [memory] = await once(child, "message");
      return memory;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function listens(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { readonly port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
