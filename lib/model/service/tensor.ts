import { z } from "zod";
import { tensorCodec } from "../../data/codecs/npy.ts";
import { Tensor, type TensorData } from "../../data/tensor.ts";
import { jsonMedia, withMedia } from "./media.ts";

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Names of number types, as numpy has them. */
export type Dtype = keyof typeof arrays;

type Shape = readonly (number | null)[];

type DataOf<D extends Dtype> = InstanceType<(typeof arrays)[D]>;

export interface TensorOptions<D extends Dtype> {
  readonly dtype: D;
  /** Lengths of the dimensions, outermost first; `null` is any length. */
  readonly shape: Shape;
}

/**
 * A tensor. It travels as nested arrays of numbers in JSON, or as an .npy file (`application/x-npy`); answers are JSON unless the request's
 * `Accept` wants the other. With `batch`, a row is an index of the first dimension.
 *
 * @example
 * ```ts
 * @api({ input: tensor({ dtype: "float32", shape: [null, 4] }), output: tensor({ dtype: "float32", shape: [null, 3] }) })
 * predict(features: Tensor<Float32Array>): Tensor<Float32Array> { … }
 * ```
 */
export function tensor<D extends Dtype>({
  dtype,
  shape,
}: TensorOptions<D>): z.ZodType<Tensor<DataOf<D>>, Tensor<DataOf<D>>> {
  const schema = z
    .unknown()
    .transform((value, context) => {
      try {
        return value instanceof Tensor ? checked(value, dtype, shape) : fromNested(value, dtype, shape);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        context.addIssue({ code: "custom", message: error.message, path: [...error.path] });
        return z.NEVER;
      }
    })
    .meta(nestedSchema(dtype, shape));
  return withMedia(schema as unknown as z.ZodType<Tensor<DataOf<D>>, Tensor<DataOf<D>>>, {
    types: ["application/json", "application/x-npy"],
    decode: (bytes, type, name) =>
      type === "application/x-npy" ? tensorCodec.decode(bytes, "") : jsonMedia.decode(bytes, type, name),
    encode: (value, type) =>
      type === "application/x-npy"
        ? { type, body: tensorCodec.encode(value, "the answer") }
        : jsonMedia.encode(toNested(value as Tensor)),
  });
}

/** What is wrong with a value, and where in it. */
class Misfit extends Error {
  readonly path: readonly number[];

  constructor(message: string, path: readonly number[] = []) {
    super(message);
    this.path = [...path];
  }
}

function checked(value: Tensor, dtype: Dtype, shape: Shape): Tensor {
  if (!(value.data instanceof arrays[dtype])) {
    const [found = value.data.constructor.name] =
      Object.entries(arrays).find(([, type]) => value.data instanceof type) ?? [];
    throw new Misfit(`Expected a tensor of ${dtype}, received ${found}`);
  }
  const fits =
    value.shape.length === shape.length && shape.every((length, i) => length === null || length === value.shape[i]);
  if (!fits) throw new Misfit(`Expected the shape ${shapeText(shape)}, received ${shapeText(value.shape)}`);
  return value;
}

function fromNested(value: unknown, dtype: Dtype, shape: Shape): Tensor {
  const lengths = lengthsOf(value, shape);
  const data: TensorData = new arrays[dtype](lengths.reduce((product, length) => product * length, 1));
  const elements: { [index: number]: number | bigint } = data;
  const path: number[] = [];
  let next = 0;
  const fill = (part: unknown) => {
    const length = lengths[path.length];
    if (length === undefined) {
      elements[next++] = element(part, dtype, path);
      return;
    }
    if (!Array.isArray(part) || part.length !== length) {
      const received = Array.isArray(part) ? part.length : nameOf(part);
      throw new Misfit(`Expected an array of ${length}, received ${received}`, path);
    }
    for (let i = 0; i < length; i++) {
      path.push(i);
      fill(part[i]);
      path.pop();
    }
  };
  fill(value);
  return new Tensor(data, lengths);
}

/** Of any length is what the first of them has. */
function lengthsOf(value: unknown, shape: Shape): number[] {
  let part = value;
  return shape.map((length) => {
    const found = Array.isArray(part) ? part.length : 0;
    part = Array.isArray(part) ? part[0] : undefined;
    return length ?? found;
  });
}

function element(value: unknown, dtype: Dtype, path: readonly number[]): number | bigint {
  if (typeof value !== "number") throw new Misfit(`Expected a number, received ${nameOf(value)}`, path);
  const [, kind, bits = ""] = /^(\D+)(\d+)$/.exec(dtype) ?? [];
  if (kind === "float") return value;
  const least = kind === "int" ? -(2 ** (Number(bits) - 1)) : 0;
  if (!Number.isInteger(value) || value < least || value >= least + 2 ** Number(bits)) {
    throw new Misfit(`Expected a number of ${dtype}, received ${value}`, path);
  }
  return bits === "64" ? BigInt(value) : value;
}

function nameOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
}

function toNested({ data, shape }: Tensor): unknown {
  const numbers = Array.from(data, Number);
  const nest = (from: number, size: number, depth: number): unknown => {
    const length = shape[depth];
    if (length === undefined) return numbers[from];
    const step = size / length;
    return Array.from({ length }, (_, i) => nest(from + i * step, step, depth + 1));
  };
  return nest(0, numbers.length, 0);
}

function nestedSchema(dtype: Dtype, shape: Shape): Record<string, unknown> {
  const element: Record<string, unknown> = { type: dtype.startsWith("float") ? "number" : "integer" };
  return shape
    .toReversed()
    .reduce<Record<string, unknown>>(
      (items, length) => ({ type: "array", items, ...(length !== null && { minItems: length, maxItems: length }) }),
      element,
    );
}

function shapeText(shape: Shape): string {
  return `[${shape.map((length) => length ?? "any").join(", ")}]`;
}
