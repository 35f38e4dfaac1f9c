import type { GraphModel } from "@tensorflow/tfjs-converter";
import type * as Core from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { isMillraceError, MillraceError } from "../../../errors.ts";
import { Tensor, type TensorData } from "../../tensor.ts";
import { inputError, inputTensor, type ModelInputs, namedInputs } from "../inputs.ts";
import { importFirst } from "../package.ts";
import type { ModelOutputs, ModelSession } from "../session-model.ts";
import { isGraph, readContent, unreadable } from "./content.ts";
import { backendPackages, corePackage, readerPackage } from "./packages.ts";

const format = { name: "TensorFlow.js", code: "TFJS_INPUT" };
const what = "A TensorFlow.js model";

/** The arrays of TensorFlow.js's types. */
const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

type Dtype = keyof typeof arrays;

interface Input {
  readonly name: string;
  readonly dtype: Dtype;
  /** `null` is any length; `undefined` where the model does not tell. */
  readonly shape: readonly (number | null)[] | undefined;
}

/** A model of either kind, as it is asked here. */
interface Model {
  readonly inputs: readonly Input[];
  readonly outputs: readonly string[];
  /** Tensors that are the model's own, and may be outputs of {@link executeAsync}. */
  readonly weights: ReadonlySet<Core.Tensor>;
  execute(feeds: readonly Core.Tensor[]): readonly Core.Tensor[];
  /** For graphs that have control flow. */
  executeAsync?(feeds: readonly Core.Tensor[]): Promise<readonly Core.Tensor[]>;
  dispose(): void;
}

/** Reads a model. @throws MillraceError `PACKAGE_MISSING`, `TFJS_MODEL` */
export async function openSession(bytes: Uint8Array): Promise<ModelSession> {
  const core = await importFirst<typeof Core>([corePackage], what);
  await setBackend(core);
  return new TfjsSession(core, await readModel(bytes));
}

/** What it computes with is freed after each run. */
class TfjsSession implements ModelSession {
  readonly #core: typeof Core;
  readonly #model: Model;
  #isAsync = false;

  constructor(core: typeof Core, model: Model) {
    this.#core = core;
    this.#model = model;
  }

  async run(inputs: ModelInputs): Promise<ModelOutputs> {
    const { inputs: known, outputs: names } = this.#model;
    const named = namedInputs(
      format,
      known.map(({ name }) => name),
      inputs,
    );
    const values = known.map((input) => checked(input, named[input.name] as Tensor));
    const outputs = await this.#execute(() =>
      values.map(({ data, shape }, i) => this.#core.tensor(data as Float32Array, [...shape], known[i]?.dtype)),
    );
    try {
      const read = outputs.map(async (output, i) => [names[i] ?? "", await readOutput(output)] as const);
      return Object.fromEntries(await Promise.all(read));
    } finally {
      this.#free(outputs);
    }
  }

  close(): void {
    this.#model.dispose();
  }

  async #execute(feed: () => Core.Tensor[]): Promise<readonly Core.Tensor[]> {
    const { execute, executeAsync } = this.#model;
    if (!this.#isAsync) {
      try {
        // Copies, which share their numbers: an output may be a weight, or an input.
        return this.#core.tidy(() => execute(feed()).map((output) => this.#core.clone(output)));
      } catch (error) {
        // Whether a graph has control flow is known to its executor alone.
        if (executeAsync === undefined || !/executeAsync/.test(String(error))) throw explained(error);
        this.#isAsync = true;
      }
    }
    const feeds = feed();
    const outputs = (await executeAsync?.(feeds)) ?? [];
    this.#free(feeds.filter((input) => !outputs.includes(input)));
    return outputs;
  }

  #free(tensors: readonly Core.Tensor[]): void {
    for (const tensor of tensors) if (!this.#model.weights.has(tensor)) tensor.dispose();
  }
}

/** One that the process computes with already stays: it holds for all models. */
async function setBackend(core: typeof Core): Promise<void> {
  await importFirst(backendPackages, what);
  if (core.getBackend() === undefined) {
    await core.setBackend(core.findBackendFactory("wasm") === null ? "cpu" : "wasm");
  }
}

async function readModel(bytes: Uint8Array): Promise<Model> {
  try {
    const content = readContent(bytes);
    const source = { load: async () => content as unknown as Core.io.ModelArtifacts };
    if (isGraph(content)) {
      const { loadGraphModel } = await importFirst<typeof import("@tensorflow/tfjs-converter")>(
        [readerPackage(true)],
        what,
      );
      return graphModel(await loadGraphModel(source));
    }
    const { loadLayersModel } = await importFirst<typeof import("@tensorflow/tfjs-layers")>(
      [readerPackage(false)],
      what,
    );
    return layersModel(await loadLayersModel(source));
  } catch (cause) {
    throw isMillraceError(cause) ? cause : unreadable(cause);
  }
}

/** The names are those of its layers. */
function layersModel(model: LayersModel): Model {
  return {
    inputs: model.inputs.map(({ sourceLayer, dtype, shape }) => {
      return { name: sourceLayer.name, dtype: dtype as Dtype, shape };
    }),
    outputs: model.outputs.map(({ sourceLayer }) => sourceLayer.name),
    weights: new Set(),
    execute: (feeds) => [model.apply([...feeds], { training: false })].flat() as Core.Tensor[],
    dispose: () => model.dispose(),
  };
}

/** The names are those of the graph's signature, where it has one. */
function graphModel(model: GraphModel): Model {
  const signature = model.modelSignature as { readonly inputs?: Names; readonly outputs?: Names } | undefined;
  const nodes = model.inputs.map(({ name }) => name);
  const byNode = (feeds: readonly Core.Tensor[]) => Object.fromEntries(feeds.map((feed, i) => [nodes[i] ?? "", feed]));
  return {
    inputs: model.inputs.map(({ name, dtype, shape }) => ({
      name: signedName(signature?.inputs, name),
      dtype: (dtype ?? "float32") as Dtype,
      shape: shape?.map((length) => (length < 0 ? null : length)),
    })),
    outputs: model.outputNodes.map((name) => signedName(signature?.outputs, name)),
    weights: new Set(Object.values(model.weights).flat()),
    execute: (feeds) => [model.execute(byNode(feeds), model.outputNodes)].flat(),
    executeAsync: async (feeds) => [await model.executeAsync(byNode(feeds), model.outputNodes)].flat(),
    dispose: () => model.dispose(),
  };
}

/** Which operations a backend has shows only when it is asked for one. */
function explained(error: unknown): unknown {
  const [, operation, backend] = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(String(error)) ?? [];
  if (operation === undefined) return error;
  return new MillraceError(
    "TFJS_OPERATION",
    `The TensorFlow.js model needs ${operation}, which the backend ${backend} lacks.`,
    {
      fix: `Have ${backendPackages[1]} alone, which has more operations, without ${backendPackages[0]}.`,
      cause: error,
    },
  );
}

type Names = Readonly<Record<string, { readonly name?: string }>>;

/** A node's output is `name:0`, of which the first need not be counted. */
function signedName(signature: Names = {}, node: string): string {
  const bare = (name = "") => name.replace(/:0$/, "");
  const [signed] = Object.entries(signature).find(([, { name }]) => bare(name) === bare(node)) ?? [];
  return signed ?? bare(node);
}

/** @throws MillraceError `TFJS_INPUT` */
function checked({ name, dtype, shape }: Input, value: Tensor | readonly number[]): Tensor {
  const array = arrays[dtype];
  if (array === undefined)
    throw inputError(format, name, `is of ${dtype}, which tensors are not`, "Give it another input.");
  const tensor = value instanceof Tensor ? value : inputTensor(format, name, value, dtype);
  if (!(tensor.data instanceof array)) {
    throw inputError(format, name, `is of ${dtype}; received ${tensor.data.constructor.name}`, `Give a ${array.name}.`);
  }
  const fits =
    shape === undefined ||
    (shape.length === tensor.shape.length && shape.every((length, i) => length === null || length === tensor.shape[i]));
  if (fits) return tensor;
  const expected = `[${shape.map((length) => length ?? "any").join(", ")}]`;
  throw inputError(
    format,
    name,
    `has the shape ${expected}; received [${tensor.shape.join(", ")}]`,
    "Give a tensor of that shape.",
  );
}

async function readOutput(tensor: Core.Tensor): Promise<Tensor | readonly string[]> {
  const data: unknown = await tensor.data();
  return ArrayBuffer.isView(data) ? new Tensor(data as TensorData, tensor.shape) : (data as readonly string[]);
}
