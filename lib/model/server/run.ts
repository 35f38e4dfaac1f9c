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
    return await runWorkers(options.workers);
  }
  const [{ serve }, { announce }, served] = await Promise.all([import("./serve.ts"), import("./announce.ts"), load()]);
  const server = await serve(served, options);
  announce(served.description, served.version, server.url, server.log);
  const stop = (signal: NodeJS.Signals) => {
    server.log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), grace).unref();
    // A worker's channel to its primary would keep it alive.
    void server.close().then(() => process.disconnect?.());
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
}
