import { once } from "node:events";
import { createServer } from "node:net";
import { ModelError } from "../errors.ts";

/**
 * Listens and lets go again: to be done before a service is started, which may take long.
 *
 * @throws ModelError `ADDRESS` where the address cannot be listened on.
 */
export async function tryAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen({ host, port }), "listening");
  } catch (cause) {
    throw unreachable(host, port, cause as NodeJS.ErrnoException);
  }
  server.close();
  await once(server, "close");
}

export function unreachable(host: string, port: number, cause: NodeJS.ErrnoException): ModelError {
  const why = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
  return new ModelError("ADDRESS", `The server cannot listen on ${host}:${port}: ${why}.`, {
    fix: "Give another address with --host and --port.",
    cause,
  });
}
