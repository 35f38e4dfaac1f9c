import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Graph {
  readonly nodes: readonly object[];
  readonly signature?: object;
  /** The weights, each in a file of its own. */
  readonly weights?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
  >;
}

/** A graph model as TensorFlow's converter writes it: model.json, and its weights in two files. Returns the first's path. */
export async function writeGraph(folder: string, { nodes, signature, weights = {} }: Graph): Promise<string> {
  await mkdir(folder, { recursive: true });
  const specs = Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: "float32" }));
  const bytes = Buffer.from(Float32Array.from(Object.values(weights).flatMap(({ values }) => values)).buffer);
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  // A shard may end within a number.
  await writeFile(join(folder, paths[0] ?? ""), bytes.subarray(0, 3));
  await writeFile(join(folder, paths[1] ?? ""), bytes.subarray(3));
  const document = {
    format: "graph-model",
    generatedBy: "2.17.0",
    convertedBy: "TensorFlow.js Converter v4.22.0",
    ...(signature !== undefined && { signature }),
    modelTopology: { node: nodes, library: {}, versions: {} },
    weightsManifest: [{ paths, weights: specs }],
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(document));
  return join(folder, "model.json");
}

const type = (name: string) => ({ type: `DT_${name}` });
const shape = (sizes: readonly number[]) => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });

/** The graph `y = x · weights`, whose signature calls its nodes `x` and `y`; `w` is an output too. */
export const linearGraph: Graph = {
  nodes: [
    { name: "serving_x", op: "Placeholder", attr: { dtype: type("FLOAT"), shape: shape([-1, 2]) } },
    { name: "weights", op: "Const", attr: { dtype: type("FLOAT") } },
    {
      name: "Identity",
      op: "MatMul",
      input: ["serving_x", "weights"],
      attr: { T: type("FLOAT"), transpose_a: { b: false }, transpose_b: { b: false } },
    },
  ],
  signature: {
    inputs: { x: { name: "serving_x:0", dtype: "DT_FLOAT" } },
    outputs: { y: { name: "Identity:0", dtype: "DT_FLOAT" }, w: { name: "weights:0", dtype: "DT_FLOAT" } },
  },
  weights: { weights: { shape: [2, 1], values: [1, 10] } },
};

/** The graph that has the places of true values: how many they are shows only when it runs. */
export const whereGraph: Graph = {
  nodes: [
    { name: "flags", op: "Placeholder", attr: { dtype: type("BOOL"), shape: shape([-1]) } },
    { name: "places", op: "Where", input: ["flags"], attr: { T: type("BOOL") } },
  ],
};

/** A graph with an operation that WebAssembly does not have. */
export const transposingGraph: Graph = {
  nodes: [
    { name: "x", op: "Placeholder", attr: { dtype: type("FLOAT"), shape: shape([-1, -1]) } },
    { name: "y", op: "Einsum", input: ["x"], attr: { N: { i: "1" }, equation: { s: btoa("ij->ji") } } },
  ],
};
