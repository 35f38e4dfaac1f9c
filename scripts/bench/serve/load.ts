import { connect, type Socket } from "node:net";

export interface Load {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

/**
 * Sends one request after the other over each of several connections, for some seconds. It speaks as much HTTP as these servers do: an answer
 * has a Content-Length. A client that did more would measure itself.
 *
 * @throws Error where an answer is not 200.
 */
export async function load(
  port: number,
  path: string,
  body: string,
  connections: number,
  seconds: number,
): Promise<Load> {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
  const request = Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const lanes = Array.from({ length: connections }, async () => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    while (performance.now() < end) {
      const sent = performance.now();
      await exchange(socket, request);
      latencies.push(performance.now() - sent);
    }
    socket.destroy();
  });
  await Promise.all(lanes);
  const took = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: latencies.length / took,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  };
}

function exchange(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = "";
    const settle = (error?: Error) => {
      socket.off("data", onData).off("error", settle).off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onClose = () => settle(new Error(`The server closed the connection: ${received}`));
    const onData = (chunk: Buffer) => {
      received += chunk.toString("latin1");
      const head = received.indexOf("\r\n\r\n");
      if (head === -1) return;
      const [, length] = /content-length: (\d+)/i.exec(received) ?? [];
      if (received.length < head + 4 + Number(length)) return;
      settle(received.startsWith("HTTP/1.1 200") ? undefined : new Error(`The server answered ${received}`));
    };
    socket.on("data", onData).on("error", settle).on("close", onClose);
    socket.write(request);
  });
}
