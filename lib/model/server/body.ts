import type { FastifyRequest } from "fastify";

/** A request's body as it came. */
export interface Body {
  /** The header, with parameters. */
  readonly type: string | undefined;
  /** The file's name, where the request gives one. */
  readonly name?: string | undefined;
  readonly bytes: Uint8Array;
}

export function bodyOf({ headers, body }: FastifyRequest): Body {
  const [, quoted, bare] = /filename="([^"]*)"|filename=([^\s;]+)/.exec(headers["content-disposition"] ?? "") ?? [];
  return {
    type: headers["content-type"],
    name: quoted ?? bare,
    bytes: (body as Uint8Array | undefined) ?? new Uint8Array(),
  };
}
