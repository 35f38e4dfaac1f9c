import { connect } from "node:net";

export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

const endOfHead = Buffer.from("\r\n\r\n");

/**
 * Sends one request after the other over each of several connections, for some seconds. It speaks as much HTTP as these servers do: an answer
 * comes in one piece and has a Content-Length, which is looked for once, since the same request has the same answer. A client that did more
 * would measure itself: it shares the machine's cores with the server.
 *
 * @throws Error where an answer is not 200, or another one.
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
  const lane = () =>
    new Promise<void>((resolve, reject) => {
      let sent = 0;
      let length: number | undefined;
      const fail = (error: Error) => {
        socket.destroy();
        reject(error);
      };
      const onData = (size: number, buffer: Uint8Array) => {
        const answer = buffer as Buffer;
        length ??= bodyLength(answer.toString("latin1", 0, size));
        const bodyStart = answer.indexOf(endOfHead) + endOfHead.length;
        // "HTTP/1.1 2…"
        if (answer[9] !== 0x32 || size !== bodyStart + length) {
          fail(new Error(`The server answered ${answer.toString("latin1", 0, size)}`));
          return false;
        }
        const now = performance.now();
        latencies.push(now - sent);
        if (now < end) send();
        else socket.destroy();
        return true;
      };
      const socket = connect({
        port,
        host: "127.0.0.1",
        noDelay: true,
        onread: { buffer: Buffer.alloc(16 * 1024), callback: onData },
      });
      const send = () => {
        sent = performance.now();
        socket.write(request);
      };
      socket.on("error", fail).on("close", () => resolve());
      send();
    });
  await Promise.all(Array.from({ length: connections }, lane));
  const took = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / took,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  };
}

function bodyLength(answer: string): number {
  return Number(/content-length: (\d+)/i.exec(answer)?.[1]);
}
