import cluster from "node:cluster";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { ServiceDescription } from "../service/description.ts";
import type { ModelService } from "../service/model-service.ts";
import { startService, stopService } from "../service/parts.ts";
import { tryAddress, unreachable } from "./address.ts";
import { createApp } from "./app.ts";
import type { ReceiveTimeouts } from "./connections.ts";
import { createLogger, type LogLevel } from "./logger.ts";
import { logOutput } from "./output.ts";

/** A service, ready to start. */
export interface Served {
  readonly service: ModelService;
  readonly description: ServiceDescription;
  readonly version: string;
}

export interface ServeOptions {
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** 0: any that is free. Default 3000. */
  readonly port?: number;
  /** `debug` has a line for each request, `info` for each that was refused. Default `info`. */
  readonly logLevel?: LogLevel;
  readonly receiveTimeouts?: ReceiveTimeouts;
  /** Whether what the process writes to its standard streams becomes events of the log. Default: false. */
  readonly logsOutput?: boolean;
}

export interface Server {
  readonly app: FastifyInstance;
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly log: Logger;
  /** Refuses new requests, answers those that are there, and stops the service. */
  close(): Promise<void>;
}

/**
 * Starts a service and its server.
 *
 * @throws ModelError `ADDRESS` where the address cannot be listened on; what `onStartup` throws.
 */
export async function serve(served: Served, options: ServeOptions = {}): Promise<Server> {
  const { host = "127.0.0.1", port = 3000, logLevel = "info", logsOutput = false } = options;
  // Workers share an address: their primary has tried it.
  if (!cluster.isWorker) await tryAddress(host, port);
  const log = createLogger(served.description.name, logLevel);
  const endOutput = logsOutput ? logOutput(log) : undefined;
  try {
    const { close, ...server } = await start(served, { ...options, host, port }, log);
    return { ...server, close: () => close().finally(endOutput) };
  } catch (error) {
    endOutput?.();
    throw error;
  }
}

async function start(
  { service, description, version }: Served,
  { host, port, receiveTimeouts }: ServeOptions & { readonly host: string; readonly port: number },
  log: Logger,
): Promise<Server> {
  let isOpen = false;
  const app = createApp(service, {
    description,
    version,
    isOpen: () => isOpen,
    log,
    ...(receiveTimeouts !== undefined && { receiveTimeouts }),
  });
  await startService(service);
  app.addHook("onClose", () => stopService(service));
  const url = await app.listen({ host, port }).catch(async (cause) => {
    await app.close();
    throw unreachable(host, port, cause);
  });
  isOpen = true;
  return {
    app,
    url,
    log,
    async close() {
      isOpen = false;
      await app.close();
    },
  };
}
