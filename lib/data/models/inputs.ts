import { MillraceError } from "../../errors.ts";
import { Tensor } from "../tensor.ts";

/** Numbers in lists, all lists of a depth equally long. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** What a model is asked with: values by the names of its inputs; or the one input's value. */
export type ModelInputs = Readonly<Record<string, Tensor | NestedNumbers>> | Tensor | NestedNumbers;

/** A format of models, as errors have it. */
export interface ModelFormat {
  readonly name: string;
  readonly code: string;
}

/** Values by the names of a model's inputs, with none too many and none missing. @throws MillraceError of the format's code */
export function namedInputs(
  { name, code }: ModelFormat,
  names: readonly string[],
  inputs: ModelInputs,
): Readonly<Record<string, Tensor | NestedNumbers>> {
  const isValue = inputs instanceof Tensor || Array.isArray(inputs);
  const named = (isValue ? { [names[0] ?? ""]: inputs } : inputs) as Record<string, Tensor | NestedNumbers>;
  const missing = names.filter((name) => named[name] === undefined);
  const unknown = Object.keys(named).filter((name) => !names.includes(name));
  if (missing.length === 0 && unknown.length === 0) return named;
  const what = missing.length > 0 ? `needs a value for ${missing.join(", ")}` : `has no input ${unknown.join(", ")}`;
  throw new MillraceError(code, `The ${name} model ${what}.`, { fix: `Its inputs are ${names.join(", ")}.` });
}

/** Lists of numbers as a tensor of the type that a model's input has. @throws MillraceError of the format's code */
export function inputTensor(format: ModelFormat, input: string, value: NestedNumbers, type: string): Tensor {
  const shape: number[] = [];
  for (let at: unknown = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  const numbers = (value as readonly unknown[]).flat(shape.length as 1) as number[];
  const size = shape.reduce((product, length) => product * length, 1);
  if (numbers.length !== size || numbers.some((number) => typeof number !== "number")) {
    throw inputError(format, input, "is no tensor: its lists differ in length", "Give each row as many numbers.");
  }
  if (type.startsWith("int")) {
    const fraction = numbers.find((number) => !Number.isInteger(number));
    if (fraction !== undefined) {
      throw inputError(format, input, `is of ${type}; received ${fraction}`, "Give whole numbers.");
    }
  }
  if (type === "int64") return new Tensor(BigInt64Array.from(numbers, BigInt), shape);
  if (type === "float64") return new Tensor(Float64Array.from(numbers), shape);
  if (type === "int32") return new Tensor(Int32Array.from(numbers), shape);
  if (type === "bool") return new Tensor(Uint8Array.from(numbers), shape);
  return new Tensor(Float32Array.from(numbers), shape);
}

export function inputError({ name, code }: ModelFormat, input: string, what: string, fix: string): MillraceError {
  return new MillraceError(code, `The input ${input} of the ${name} model ${what}.`, { fix });
}
