import { types } from "node:util";
import { DecodeError } from "../errors.ts";
import { Tensor, type TensorData } from "../tensor.ts";
import type { Codec } from "./codec.ts";
import { className } from "./describe.ts";
import { fromNpy, hasDtype, toNpy } from "./npy-format.ts";

const mediaType = "application/x-npy";

/** What arrays and tensors were read from. They are views of it, so that one that was changed in place is written from there, without a copy. */
const sources = new WeakMap<object, Uint8Array>();

/** Typed arrays, as .npy files of one dimension. */
export const npyCodec: Codec = {
  name: "npy",
  mediaType,
  matches: (value) => types.isTypedArray(value) && hasDtype(className(value)),
  encode(value) {
    const data = value as TensorData;
    return sources.get(data) ?? toNpy(className(data), data, [data.length]);
  },
  decode(bytes) {
    const { data } = read("npy", bytes);
    return remember(data, data, bytes);
  },
};

/** Tensors, as .npy files. */
export const tensorCodec: Codec = {
  name: "tensor",
  mediaType,
  matches: (value) => value instanceof Tensor,
  encode(value) {
    const { data, shape } = value as Tensor;
    return sources.get(value as Tensor) ?? toNpy(className(data), data, shape);
  },
  decode(bytes) {
    const { data, shape } = read("tensor", bytes);
    return remember(new Tensor(data, shape), data, bytes);
  },
};

function remember<T extends object>(value: T, { buffer }: TensorData, bytes: Uint8Array): T {
  if (buffer === bytes.buffer) sources.set(value, bytes);
  return value;
}

function read(codec: string, bytes: Uint8Array): { data: TensorData; shape: number[] } {
  try {
    return fromNpy(bytes);
  } catch (error) {
    throw new DecodeError(codec, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
