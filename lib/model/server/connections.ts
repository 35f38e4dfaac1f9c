import { type Server, STATUS_CODES } from "node:http";
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
