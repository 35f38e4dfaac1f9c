import cluster, { type Worker } from "node:cluster";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelError } from "../../errors.ts";
import { tryAddress } from "../address.ts";
import type { RunOptions } from "../options.ts";
import { addUpMetrics } from "./metrics.ts";

/** Keeps processes running that share an address, until a signal ends them. A worker that dies is replaced, unless it had never listened. */
export async function runWorkers({ workers, host, port }: RunOptions): Promise<void> {
  await tryAddress(host, port);
  const listening = new Set<Worker>();
  let isStopping = false;
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const stop = () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  // A worker may be asked to cancel a job that another one runs.
  cluster.on("message", (_worker, message) => {
    if (message.type !== "cancel-job") return;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.send(message);
  });
  addUpMetrics(() => listening);
  cluster.on("listening", (worker) => listening.add(worker));
  cluster.on("exit", (worker, code, signal) => {
    const remaining = Object.keys(cluster.workers ?? {}).length;
    if (isStopping) {
      if (remaining === 0) end();
    } else if (listening.delete(worker)) {
      console.error(
        JSON.stringify({ level: 50, time: Date.now(), pid: worker.process.pid, code, signal, msg: "a worker died" }),
      );
      cluster.fork();
    } else {
      stop();
      // What is wrong the worker has said.
      fail(new ModelError("WORKER", `A worker ended with exit code ${code} before it served.`));
    }
  });
  const jobs = mkdtempSync(join(tmpdir(), "millrace-jobs-"));
  process.env.MILLRACE_JOBS = jobs;
  for (let i = 0; i < workers; i++) cluster.fork();
  await ended.finally(() => rmSync(jobs, { recursive: true, force: true }));
}
