import { Tensor, type TensorData } from "../../data/tensor.ts";

/** What holds rows: an array an element each, a tensor an index of its first dimension each. */
export type Rows = readonly unknown[] | Tensor;

export function isRows(value: unknown): value is Rows {
  return Array.isArray(value) || (value instanceof Tensor && value.shape.length > 0);
}

export function countRows(rows: Rows): number {
  return rows instanceof Tensor ? (rows.shape[0] ?? 0) : rows.length;
}

export function sliceRows(rows: Rows, from: number, to: number): Rows {
  if (!(rows instanceof Tensor)) return rows.slice(from, to);
  const [, ...rest] = rows.shape;
  const size = elements(rest);
  return new Tensor(rows.data.subarray(from * size, to * size) as TensorData, [to - from, ...rest]);
}

/** @throws TypeError where tensors have rows of different shapes or types: they fit into no tensor. */
export function joinRows(parts: readonly Rows[]): Rows {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const tensors = parts.filter((part) => part instanceof Tensor);
  const [model] = tensors;
  if (model === undefined) return (parts as (readonly unknown[])[]).flat(1);
  const rest = model.shape.slice(1);
  const fits = ({ data, shape }: Tensor) =>
    data.constructor === model.data.constructor && shape.slice(1).join() === rest.join();
  if (tensors.length < parts.length || !tensors.every(fits)) throw new TypeError("The rows fit into no one tensor.");
  const count = tensors.reduce((sum, tensor) => sum + countRows(tensor), 0);
  const joined = new (model.data.constructor as new (length: number) => TensorData)(count * elements(rest));
  let at = 0;
  for (const { data } of tensors) {
    joined.set(data as never, at);
    at += data.length;
  }
  return new Tensor(joined, [count, ...rest]);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
