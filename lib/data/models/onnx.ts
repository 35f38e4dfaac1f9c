import { readFileSync } from "node:fs";
import { MillraceError } from "../../errors.ts";
import { Tensor, type TensorData } from "../tensor.ts";
import { importFirst } from "./package.ts";

const brand = Symbol.for("millrace.onnx");

/** Numbers in lists, all lists of a depth equally long. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** What of onnxruntime-node and onnxruntime-web is used here; they have the same. */
interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<Session> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => SessionTensor;
}

interface Session {
  readonly inputNames: readonly string[];
  readonly inputMetadata?: readonly { readonly name: string; readonly type?: string }[];
  run(feeds: Readonly<Record<string, SessionTensor>>): Promise<Readonly<Record<string, SessionTensor>>>;
  release(): Promise<void>;
}

interface SessionTensor {
  readonly data: TensorData | readonly string[];
  readonly dims: readonly number[];
}

/** The packages that run it, the faster one first. */
export const onnxRuntimes: readonly string[] = ["onnxruntime-node", "onnxruntime-web"];

/** ONNX's types by the array that holds them. */
const types: Readonly<Record<string, string>> = {
  Float64Array: "float64",
  Float32Array: "float32",
  Float16Array: "float16",
  BigInt64Array: "int64",
  BigUint64Array: "uint64",
  Int32Array: "int32",
  Uint32Array: "uint32",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int8Array: "int8",
  Uint8Array: "uint8",
};

/**
 * A model in the ONNX format: an artifact, and a model of services. It runs in `onnxruntime-node` where that is installed, else in `onnxruntime-web`,
 * which is WebAssembly.
 *
 * @example
 * ```ts
 * this.model = OnnxModel.at("iris.onnx");
 * const { label } = await this.model.run({ x: [[5.1, 3.5, 1.4, 0.2]] });
 * ```
 */
export class OnnxModel {
  readonly [brand] = true;
  readonly bytes: Uint8Array;
  #opening: Promise<{ readonly runtime: Runtime; readonly session: Session }> | undefined;

  /** @param bytes Of the `.onnx` file. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The model of a `.onnx` file. */
  static at(path: string): OnnxModel {
    return new OnnxModel(readFileSync(path));
  }

  /**
   * Runs the model. Lists of numbers become the type that the input has, `float32` where the runtime does not tell.
   *
   * @param inputs By name; or the one input's value.
   * @returns By name: tensors; of text, lists of strings.
   * @throws MillraceError `ONNX_INPUT` where an input is missing or is no tensor; `PACKAGE_MISSING`, `ONNX_MODEL` as {@link open}.
   */
  async run(
    inputs: Readonly<Record<string, Tensor | NestedNumbers>> | Tensor | NestedNumbers,
  ): Promise<Record<string, Tensor | readonly string[]>> {
    const { runtime, session } = await this.#opened();
    const named = this.#named(session, inputs);
    const feeds = Object.entries(named).map(([name, value]) => {
      const { data, shape } = value instanceof Tensor ? value : tensorOf(name, value, typeOf(session, name));
      const type = types[data.constructor.name] ?? "float32";
      return [name, new runtime.Tensor(type, data, shape)] as const;
    });
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => {
        return [name, ArrayBuffer.isView(data) ? new Tensor(data, dims) : (data as readonly string[])];
      }),
    );
  }

  /** Reads the model, which the first run does otherwise. @throws MillraceError `PACKAGE_MISSING`; `ONNX_MODEL` where it is none. */
  async open(): Promise<void> {
    await this.#opened();
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await (await opening?.catch(() => undefined))?.session.release();
  }

  /** Also of another copy of the package: a step's bundle may carry its own. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  #opened() {
    this.#opening ??= openSession(this.bytes);
    return this.#opening;
  }

  #named(session: Session, inputs: Parameters<OnnxModel["run"]>[0]): Readonly<Record<string, Tensor | NestedNumbers>> {
    const { inputNames } = session;
    const isValue = inputs instanceof Tensor || Array.isArray(inputs);
    const named = (isValue ? { [inputNames[0] ?? ""]: inputs } : inputs) as Record<string, Tensor | NestedNumbers>;
    const missing = inputNames.filter((name) => named[name] === undefined);
    const unknown = Object.keys(named).filter((name) => !inputNames.includes(name));
    if (missing.length === 0 && unknown.length === 0) return named;
    const what = missing.length > 0 ? `needs a value for ${missing.join(", ")}` : `has no input ${unknown.join(", ")}`;
    throw new MillraceError("ONNX_INPUT", `The ONNX model ${what}.`, {
      fix: `Its inputs are ${inputNames.join(", ")}.`,
    });
  }
}

async function openSession(bytes: Uint8Array) {
  const module = await importFirst<Runtime & { readonly default?: Runtime }>(onnxRuntimes, "An ONNX model");
  const runtime = module.InferenceSession === undefined ? (module.default ?? module) : module;
  try {
    return { runtime, session: await runtime.InferenceSession.create(bytes) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("ONNX_MODEL", `The ONNX model cannot be read: ${reason.trim().replace(/\.$/, "")}.`, {
      fix: "Give the bytes of an .onnx file whose operators the runtime has.",
      cause,
    });
  }
}

function typeOf({ inputMetadata = [] }: Session, name: string): string {
  return inputMetadata.find((input) => input.name === name)?.type ?? "float32";
}

function tensorOf(name: string, value: NestedNumbers, type: string): Tensor {
  const shape: number[] = [];
  for (let at: unknown = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  const numbers = (value as readonly unknown[]).flat(shape.length as 1) as number[];
  const size = shape.reduce((product, length) => product * length, 1);
  if (numbers.length !== size || numbers.some((number) => typeof number !== "number")) {
    throw new MillraceError(
      "ONNX_INPUT",
      `The input ${name} of the ONNX model is no tensor: its lists differ in length.`,
      {
        fix: "Give each row as many numbers.",
      },
    );
  }
  if (type === "int64") return new Tensor(BigInt64Array.from(numbers, BigInt), shape);
  if (type === "float64") return new Tensor(Float64Array.from(numbers), shape);
  if (type === "int32") return new Tensor(Int32Array.from(numbers), shape);
  return new Tensor(Float32Array.from(numbers), shape);
}
