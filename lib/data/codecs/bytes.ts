import { types } from "node:util";
import type { Codec } from "./codec.ts";
import { className } from "./describe.ts";

/** Bytes are stored as they are; the codec's name tells what they come back as. */
export const bytesCodecs: readonly Codec[] = [
  codec("bytes", "Uint8Array", (bytes) => bytes),
  codec("bytes-clamped", "Uint8ClampedArray", (bytes) => new Uint8ClampedArray(bytes.buffer)),
  codec("buffer", "Buffer", (bytes) => Buffer.from(bytes.buffer)),
  codec("arraybuffer", "ArrayBuffer", (bytes) => bytes.buffer),
];

function codec(name: string, type: string, decode: (bytes: Uint8Array<ArrayBuffer>) => unknown): Codec {
  return {
    name,
    mediaType: "application/octet-stream",
    matches: (value) => (types.isTypedArray(value) || types.isArrayBuffer(value)) && className(value) === type,
    encode(value) {
      if (types.isArrayBuffer(value)) return new Uint8Array(value);
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
    decode: (bytes) => decode(alone(bytes)),
  };
}

/** Node shares one pool among small buffers: who reads `value.buffer` must find the value's bytes and no others. */
function alone(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
