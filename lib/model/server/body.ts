import type { FastifyRequest } from "fastify";
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
    name: fileName(headers["content-disposition"]),
    bytes: (body as Uint8Array | undefined) ?? empty,
    accept: headers.accept,
  };
}

function fileName(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const [, quoted, bare] = /filename="([^"]*)"|filename=([^\s;]+)/.exec(disposition) ?? [];
  return quoted ?? bare;
}
