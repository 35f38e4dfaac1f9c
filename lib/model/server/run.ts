import cluster from "node:cluster";
import type { RunOptions } from "./options.ts";
import type { Served } from "./serve.ts";

/** Within the 30 seconds after which SageMaker and Docker kill. */
const grace = 25_000;

/**
 * Serves until a signal ends it: in this process, or in several that share the port.
 *
 * @param load Called where requests are answered: in each of the processes.
 */
export async function runServer(load: () => Promise<Served>, options: RunOptions): Promise<void> {
  if (options.workers > 1 && cluster.isPrimary) {
    const { runWorkers } = await import("./cluster/workers.ts");
    return await runWorkers(options);
  }
  await runHere(load, options).catch((error) => {
    // A worker's channel to its primary would keep it alive, though it serves nothing.
    process.channel?.unref();
    throw error;
  });
}

async function runHere(load: () => Promise<Served>, options: RunOptions): Promise<void> {
  // The first process of a container gets only signals that it listens to: also while it loads.
  let stop: (signal: NodeJS.Signals) => void = () => process.exit(0);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal));
  const [{ serve }, { announce }, served] = await Promise.all([import("./serve.ts"), import("./announce.ts"), load()]);
  // On a terminal the log is for people, as what the service writes is.
  const server = await serve(served, { ...options, logsOutput: !process.stdout.isTTY });
  announce(served.description, served.version, server.url, server.log);
  stop = (signal) => {
    server.log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), grace).unref();
    // A worker's channel to its primary would keep it alive.
    void server.close().then(() => process.disconnect?.());
  };
}
