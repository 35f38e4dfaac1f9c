import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { ArtifactFile } from "../../data/file.ts";

/** Of the registry: a service's bundle and the server each have a copy of this module. */
const key = Symbol.for("millrace.media");

/** A body as bytes or text, with the content type that it is sent under. */
export interface Content {
  readonly type: string;
  readonly body: Uint8Array | string;
  /** Of a file. */
  readonly name?: string;
}

/** How a value travels as a body. What is in it is the schema's to check. */
export interface Media {
  /** Content types that are taken; `image/*` takes every image. The first is the one of answers, where neither the value nor the client has another. */
  readonly types: readonly string[];
  /** Loads what it reads and writes with; awaited before the first request. */
  load?(): Promise<void>;
  /** @throws SyntaxError where the bytes are not of the type. */
  decode(bytes: Uint8Array, type: string, name: string | undefined): unknown;
  /** @param type One of {@link types}: what the client accepts. */
  encode(value: unknown, type?: string): Content;
}

export const jsonMedia: Media = {
  types: ["application/json"],
  decode: (bytes) => JSON.parse(decodeText(bytes)),
  encode: (value) => ({ type: "application/json; charset=utf-8", body: JSON.stringify(value ?? null) }),
};

/** Whether bodies of these content types are bytes: neither JSON nor text. */
export function isBinary([usual]: readonly string[]): boolean {
  return usual !== "application/json" && usual !== "text/plain";
}

export const formType = "multipart/form-data";

/** Whether such a body may also be the file of a form: it is bytes, and not of forms themselves. */
export function takesForms(types: readonly string[]): boolean {
  return isBinary(types) && !types.includes(formType);
}

/** How values of a schema travel: as {@link text}, {@link bytes} or {@link file} say, else as JSON. */
export function mediaOf(schema: z.ZodType): Media {
  return (schema as { [key]?: Media })[key] ?? jsonMedia;
}

/**
 * A string that travels as `text/plain`.
 *
 * @param schema What the string must be. Default: any.
 * @example
 * ```ts
 * @api({ input: text(z.string().max(10_000)), output: z.object({ sentiment: z.number() }) })
 * ```
 */
export function text<S extends z.ZodType<string, string>>(schema?: S): S {
  return withMedia((schema ?? z.string()) as S, {
    types: ["text/plain"],
    decode: (bytes) => decodeText(bytes),
    encode: (value) => ({ type: "text/plain; charset=utf-8", body: String(value) }),
  });
}

/** Bytes of the given content types. Default: `application/octet-stream`. */
export function bytes(...types: readonly string[]): z.ZodType<Uint8Array, Uint8Array> {
  const taken = types.length > 0 ? types : ["application/octet-stream"];
  const schema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: "Expected bytes" });
  return withMedia(schema, {
    types: taken,
    decode: (body) => body,
    encode: (value) => ({ type: taken[0] ?? "", body: value as Uint8Array }),
  });
}

/** An image as the bytes of its file. Default: every content type that begins with `image/`; answers are PNG. */
export function image(...types: readonly string[]): z.ZodType<Uint8Array, Uint8Array> {
  return bytes(...(types.length > 0 ? types : ["image/png", "image/*"]));
}

/** A file with its name (of `Content-Disposition`, or of a form's field) and content type. Default: of every type. */
export function file(...types: readonly string[]): z.ZodType<ArtifactFile, ArtifactFile> {
  const schema = z.custom<ArtifactFile>((value) => value instanceof ArtifactFile, { error: "Expected a file" });
  return withMedia(schema, {
    types: types.length > 0 ? types : ["application/octet-stream", "*/*"],
    decode: (body, type, name) => new ArtifactFile(name ?? "file", body, type),
    encode(value) {
      const { name, type } = value as ArtifactFile;
      return { name, type, body: (value as ArtifactFile).bytes() };
    },
  });
}

/** Whether a content type, without its parameters, is one that is taken. */
export function takesType(media: Media, type: string): boolean {
  return media.types.some(
    (taken) => taken === type || taken === "*/*" || (taken.endsWith("/*") && type.startsWith(taken.slice(0, -1))),
  );
}

/** The content type of an answer: the one of several that the header `Accept` wants most, else the first. */
export function acceptedType({ types }: Media, accept: string | undefined): string | undefined {
  if (accept === undefined || types.length === 1) return types[0];
  const wanted = accept.split(",").map((entry) => {
    const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) };
  });
  const [best] = wanted
    .filter(({ type, quality }) => types.includes(type) && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return best?.type ?? types[0];
}

/** A schema whose values travel as they do here. */
export function withMedia<S extends z.ZodType>(schema: S, media: Media): S {
  // A clone: the schema itself may be part of others, whose values are JSON.
  const marked = schema.clone() as S;
  Object.defineProperty(marked, key, { value: media });
  return marked;
}

function decodeText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new SyntaxError("the text is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
