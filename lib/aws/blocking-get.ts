import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { HttpResponse } from "./http.ts";

/** A request as it goes over the wire: signed, since the worker knows no credentials. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why there is no answer: an error loses its code on the way between threads. */
export interface NoResponse {
  readonly code: string;
  readonly message: string;
}

interface Channel {
  readonly port: MessagePort;
  readonly signal: Int32Array;
}

const timeout = 120_000;
let channel: Channel | undefined;

/** Sends a GET request and blocks the thread until the answer is there. */
export function blockingGet(request: WireRequest): HttpResponse | NoResponse {
  channel ??= start();
  const { port, signal } = channel;
  Atomics.store(signal, 0, 0);
  port.postMessage(request);
  if (Atomics.wait(signal, 0, 0, timeout) === "timed-out") {
    channel = undefined;
    port.close();
    return { code: "Timeout", message: `There was no answer within ${timeout / 1000} s.` };
  }
  return receiveMessageOnPort(port)?.message as HttpResponse | NoResponse;
}

function start(): Channel {
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(`(${serve})()`, {
    eval: true,
    execArgv: [],
    workerData: { port: port2, signal },
    transferList: [port2],
  });
  worker.unref();
  port1.unref();
  return { port: port1, signal };
}

/** The worker's program. It travels as its own source text, since a bundle is a single file: it can use nothing from outside. */
function serve(): void {
  const { port, signal } = process.getBuiltinModule("node:worker_threads").workerData as Channel;
  const get = async ({ url, headers }: WireRequest): Promise<HttpResponse> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(60_000) });
        const content = new Uint8Array(await response.arrayBuffer());
        const again = (response.status === 429 || response.status >= 500) && attempt < 6;
        if (!again) return { status: response.status, headers: Object.fromEntries(response.headers), content };
      } catch (error) {
        if (attempt === 6) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
    }
  };
  port.on("message", async (request: WireRequest) => {
    try {
      const response = await get(request);
      port.postMessage(response, [response.content.buffer as ArrayBuffer]);
    } catch (error) {
      const { code, message } = Object((error as Error).cause ?? error) as { code?: unknown; message?: unknown };
      port.postMessage({ code: String(code ?? "NetworkError"), message: String(message) } satisfies NoResponse);
    }
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
}
