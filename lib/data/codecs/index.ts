import { DecodeError } from "../errors.ts";
import { arrowCodec } from "./arrow.ts";
import { bytesCodecs } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { describe } from "./describe.ts";
import { fileCodec } from "./file.ts";
import { jsonCodec } from "./json.ts";
import { npyCodec, tensorCodec } from "./npy.ts";
import { onnxCodec } from "./onnx.ts";
import { pythonCodecs } from "./python.ts";
import { tfjsCodec } from "./tfjs.ts";

/** A value as bytes. `text` is the same as a string where the codec writes text. */
export interface Encoded {
  readonly codec: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly text?: string;
}

/** In the order in which they are asked; JSON takes what no other does. */
const codecs: readonly Codec[] = [
  ...bytesCodecs,
  npyCodec,
  tensorCodec,
  fileCodec,
  arrowCodec,
  ...pythonCodecs,
  onnxCodec,
  tfjsCodec,
  jsonCodec,
];
const byName = new Map(codecs.map((codec) => [codec.name, codec]));

/** The codec for a value. */
export function codecOf(value: unknown): Codec {
  return codecs.find((codec) => codec.matches(value)) ?? jsonCodec;
}

/** Awaited before the codec of that name reads or writes: it may need a package that is loaded only then. */
export async function loadCodec(name: string): Promise<void> {
  await byName.get(name)?.load?.();
}

/**
 * Writes a value as bytes, the same bytes for the same value.
 *
 * @param at What the value is called in errors: `this.model`.
 * @throws EncodeError with the path inside the value, such as `this.model.layers[3].activate`.
 */
export function encode(value: unknown, at: string): Encoded {
  const codec = codecOf(value);
  const content = codec.encode(value, at);
  const described = { codec: codec.name, type: describe(value) };
  return typeof content === "string"
    ? { ...described, bytes: Buffer.from(content), text: content }
    : { ...described, bytes: content };
}

/**
 * Reads what {@link encode} wrote. The value may be a view of the bytes, which then are its own.
 *
 * @param type As {@link encode} described the value.
 * @throws DecodeError
 */
export function decode(codec: string, bytes: Uint8Array, type = "object"): unknown {
  const found = byName.get(codec);
  if (found === undefined) {
    throw new DecodeError(codec, "this version does not know the codec", {
      fix: "Read it with the version that wrote it, or a newer one.",
    });
  }
  return found.decode(bytes, type);
}

export { describe };
