import { MillraceError } from "../../../errors.ts";
import { Tensor, type TensorData } from "../../tensor.ts";
import { inputTensor, type ModelInputs, namedInputs } from "../inputs.ts";
import { importFirst } from "../package.ts";
import type { ModelOutputs, ModelSession } from "../session-model.ts";
import { onnxRuntimes } from "./packages.ts";

/** What of onnxruntime-node and onnxruntime-web is used here; they have the same. */
interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<RuntimeSession> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
}

interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly inputMetadata?: readonly { readonly name: string; readonly type?: string }[];
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

interface RuntimeTensor {
  readonly data: TensorData | readonly string[];
  readonly dims: readonly number[];
}

const format = { name: "ONNX", code: "ONNX_INPUT" };

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

/** Reads a model. @throws MillraceError `PACKAGE_MISSING`, `ONNX_MODEL` */
export async function openSession(bytes: Uint8Array): Promise<ModelSession> {
  const module = await importFirst<Runtime & { readonly default?: Runtime }>(onnxRuntimes, "An ONNX model");
  const runtime = module.InferenceSession === undefined ? (module.default ?? module) : module;
  try {
    return new OnnxSession(runtime, await runtime.InferenceSession.create(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("ONNX_MODEL", `The ONNX model cannot be read: ${reason.trim().replace(/\.$/, "")}.`, {
      fix: "Give the bytes of an .onnx file whose operators the runtime has.",
      cause,
    });
  }
}

class OnnxSession implements ModelSession {
  readonly #runtime: Runtime;
  readonly #session: RuntimeSession;

  constructor(runtime: Runtime, session: RuntimeSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  async run(inputs: ModelInputs): Promise<ModelOutputs> {
    const named = namedInputs(format, this.#session.inputNames, inputs);
    const feeds = Object.entries(named).map(([name, value]) => {
      const { data, shape } =
        value instanceof Tensor ? value : inputTensor(format, name, value, this.#typeOf(name) ?? "float32");
      const type = types[data.constructor.name] ?? "float32";
      return [name, new this.#runtime.Tensor(type, data, shape)] as const;
    });
    const outputs = await this.#session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => {
        return [name, ArrayBuffer.isView(data) ? new Tensor(data, dims) : (data as readonly string[])];
      }),
    );
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #typeOf(name: string): string | undefined {
    return this.#session.inputMetadata?.find((input) => input.name === name)?.type;
  }
}
