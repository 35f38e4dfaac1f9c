import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { fileNameOf } from "./disposition.ts";
import { RequestError } from "./errors.ts";

/** A request's body as it came. */
export interface Body {
  /** The header, with parameters. */
  readonly type: string | undefined;
  /** The file's name, where the request gives one. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
  /** The content types that the client takes, as the header `Accept` has them. */
  readonly accept: string | undefined;
}

const empty = new Uint8Array();

/**
 * Reads a body, up to its route's limit, into memory of its own. What came in one piece, as most do, is taken as it is: Node's HTTP parser has
 * copied it out of the socket's. Small buffers, as the framework makes them, share memory that is only freed with the last of them.
 *
 * @param done Is given a RequestError 413 where the body is larger, 400 where it is not whole.
 */
export function readBody(
  request: FastifyRequest,
  stream: Readable,
  done: (error: Error | null, body?: Uint8Array) => void,
): void {
  const { bodyLimit } = request.routeOptions;
  const declared = request.headers["content-length"];
  if (Number(declared) > bodyLimit) {
    done(tooLarge(bodyLimit));
    return;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const onData = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > bodyLimit) end(tooLarge(bodyLimit));
    else chunks.push(chunk);
  };
  const onEnd = () => {
    if (declared !== undefined && size !== Number(declared)) end(cutOff());
    else end(null, joined(chunks, size));
  };
  const onError = (cause: Error) => end(cutOff(cause));
  const end = (error: Error | null, body?: Uint8Array) => {
    stream.off("data", onData).off("end", onEnd).off("error", onError);
    done(error, body);
  };
  stream.on("data", onData).on("end", onEnd).on("error", onError);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(limit: number): RequestError {
  return new RequestError(413, "TOO_LARGE", `The body is larger than ${limit} bytes.`, {
    fix: "Send fewer rows at a time.",
  });
}

function cutOff(cause?: Error): RequestError {
  return new RequestError(400, "BAD_REQUEST", "The body is not as long as it was said to be.", { cause });
}

/** @throws RequestError 415 where it is compressed. */
export function bodyOf({ headers, body }: FastifyRequest): Body {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new RequestError(415, "CONTENT_ENCODING", `Bodies are taken as they are; received ${encoding}.`, {
      fix: "Send it without the header Content-Encoding, not compressed.",
    });
  }
  return {
    type: headers["content-type"],
    name: fileNameOf(headers["content-disposition"]),
    bytes: (body as Uint8Array | undefined) ?? empty,
    accept: headers.accept,
  };
}
