import { types } from "node:util";
import { DecodeError } from "../errors.ts";
import { Tensor, type TensorData } from "../tensor.ts";
import type { Codec } from "./codec.ts";
import { className } from "./describe.ts";
import { fromNpy, hasDtype, toNpy } from "./npy-format.ts";

const mediaType = "application/x-npy";

/** Typed arrays, as .npy files of one dimension. */
export const npyCodec: Codec = {
  name: "npy",
  mediaType,
  matches: (value) => types.isTypedArray(value) && hasDtype(className(value)),
  encode(value) {
    const data = value as TensorData;
    return toNpy(className(data), data, [data.length]);
  },
  decode: (bytes) => read("npy", bytes).data,
};

/** Tensors, as .npy files. */
export const tensorCodec: Codec = {
  name: "tensor",
  mediaType,
  matches: (value) => value instanceof Tensor,
  encode(value) {
    const { data, shape } = value as Tensor;
    return toNpy(className(data), data, shape);
  },
  decode(bytes) {
    const { data, shape } = read("tensor", bytes);
    return new Tensor(data, shape);
  },
};

function read(codec: string, bytes: Uint8Array): { data: TensorData; shape: number[] } {
  try {
    return fromNpy(bytes);
  } catch (error) {
    throw new DecodeError(codec, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
