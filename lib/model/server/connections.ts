import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions } from "fastify";
import { RequestError } from "./errors.ts";

/** How long a client may take to send a request. In milliseconds. */
export interface ReceiveTimeouts {
  /** Default 10 s. */
  readonly headers?: number;
  /** Headers and body. Default 60 s. */
  readonly request?: number;
}

/** What holds for each connection: a client that is slow or speaks no HTTP is answered and let go. */
export function connectionOptions({ headers = 10_000, request = 60_000 }: ReceiveTimeouts = {}) {
  return {
    requestTimeout: request,
    http: { headersTimeout: headers, connectionsCheckingInterval: Math.min(1_000, headers) },
    clientErrorHandler: answerClientError,
  } satisfies FastifyHttpOptions<Server>;
}

function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, code, message } = told(error);
  const body = JSON.stringify({ error: { code, message } });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

function told({ code, message }: NodeJS.ErrnoException): RequestError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new RequestError(408, "REQUEST_TIMEOUT", "The request did not arrive in time.");
    case "HPE_HEADER_OVERFLOW":
      return new RequestError(431, "HEADERS_TOO_LARGE", "The request's headers are too large.");
    default:
      return new RequestError(400, "MALFORMED_REQUEST", `The request is no HTTP: ${message}.`);
  }
}

/** Milliseconds, at the most, that a client still has, once the server ends, to send the rest of a request. */
const patience = 5_000;

/** Requests of one connection that are to be answered. They come one after the other: only the last may not be there as a whole. */
interface Due {
  count: number;
  last: IncomingMessage | undefined;
}

/**
 * The open connections of a server, each with what is due on it. Node leaves those open, when a server ends, that have sent nothing or the half of
 * a request, and looks at no time-out any more: one such client would keep the server from ending.
 */
export class Connections {
  readonly #open = new Map<Socket, Due>();
  readonly #server: Server;
  readonly #patience: number;

  constructor(server: Server, { request = patience }: ReceiveTimeouts = {}) {
    this.#server = server;
    this.#patience = Math.min(request, patience);
    server.on("connection", (socket: Socket) => {
      this.#open.set(socket, { count: 0, last: undefined });
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /** A request has come: it is to be answered. */
  begin(request: IncomingMessage): void {
    const due = this.#open.get(request.socket);
    if (due === undefined) return;
    due.count++;
    due.last = request;
  }

  /** Its answer is being sent. Kept longer, a request of each connection would outlive collections, for which V8 makes its heap larger. */
  end(request: IncomingMessage): void {
    const due = this.#open.get(request.socket);
    // An answer that cannot be sent is followed by one that says so.
    if (due === undefined || due.count === 0) return;
    due.count--;
    if (due.count === 0) due.last = undefined;
  }

  /** Ends the connections on which nothing is to be answered, and the others when they are, until there are none. */
  drain(): void {
    const latest = performance.now() + this.#patience;
    const sweep = () => {
      for (const [socket, { last }] of this.#open) {
        const isDue = last !== undefined && (last.complete || performance.now() < latest);
        if (!isDue && socket.writableLength === 0) socket.destroy();
      }
    };
    const timer = setInterval(sweep, 50);
    this.#server.once("close", () => clearInterval(timer));
    sweep();
  }
}
