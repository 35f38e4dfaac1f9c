import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClient } from "../../lib/client/client.ts";
import { decode, encode } from "../../lib/data/codecs/index.ts";
import { TfjsModel } from "../../lib/data/models/tfjs/model.ts";
import { Tensor } from "../../lib/data/tensor.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { Line } from "./fixtures/line.ts";
import { startServer } from "./support/server-process.ts";
import { linearGraph, transposingGraph, whereGraph, writeGraph } from "./support/tfjs-files.ts";

let scratch: string;
/** `y = a + 10b`, of layers and as a graph. */
let layers: TfjsModel;
let graph: TfjsModel;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-tfjs-"));
  await import("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  layers = await TfjsModel.of(linearLayers());
  graph = TfjsModel.at(await writeGraph(join(scratch, "linear"), linearGraph));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function linearLayers() {
  const dense = tfl.layers.dense({ name: "y", units: 1, useBias: false, inputShape: [2] });
  const model = tfl.sequential({ name: "line", layers: [dense] });
  model.setWeights([tf.tensor2d([[1], [10]])]);
  return model;
}

const y = (values: readonly number[]) => new Tensor(Float32Array.from(values), [values.length, 1]);

describe("a TensorFlow.js model", () => {
  it("is an artifact: topology and weights in one, the same bytes for the same model", async () => {
    const encoded = encode(layers, "this.model");
    expect(encoded).toMatchObject({ codec: "tfjs", type: "TfjsModel", bytes: layers.bytes });
    const read = decode("tfjs", encoded.bytes) as TfjsModel;
    expect(read).toBeInstanceOf(TfjsModel);
    expect((await read.run([[1, 2]])).y).toEqual(y([21]));
    await read.close();

    const trained = linearLayers();
    expect((await TfjsModel.of(trained)).bytes).toEqual((await TfjsModel.of(trained)).bytes);
  });

  it("of a folder has the same bytes as the one that was saved there", async () => {
    const model = linearLayers();
    const folder = await mkdtemp(join(scratch, "saved-"));
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        const { weightSpecs = [], weightData } = artifacts;
        const { modelTopology, format, generatedBy, convertedBy } = artifacts;
        const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
        const document = { modelTopology, format, generatedBy, convertedBy, weightsManifest };
        await writeFile(join(folder, "model.json"), JSON.stringify(document));
        await writeFile(join(folder, "weights.bin"), new Uint8Array(weightData as ArrayBuffer));
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const expected = (await TfjsModel.of(model)).bytes;
    expect(TfjsModel.at(folder).bytes).toEqual(expected);
    expect(TfjsModel.at(join(folder, "model.json")).bytes).toEqual(expected);
  });

  it("takes tensors or lists by name, or its one input alone", async () => {
    const rows = new Tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const lists = [
      [1, 2],
      [3, 4],
    ];
    for (const inputs of [rows, lists, { y_input: rows }, { y_input: lists }]) {
      expect(await layers.run(inputs)).toEqual({ y: y([21, 43]) });
    }
    expect(await layers.run(new Tensor(new Float32Array(), [0, 2]))).toEqual({ y: y([]) });
  });

  it("that is a graph has the names of its signature, and its weights in several files", async () => {
    const expected = { y: y([21]), w: y([1, 10]) };
    expect(await graph.run({ x: [[1, 2]] })).toEqual(expected);
    // An output that is a weight is still there.
    expect(await graph.run({ x: [[1, 2]] })).toEqual(expected);
  });

  it("may decide while it runs how large its outputs are", async () => {
    const model = TfjsModel.at(await writeGraph(join(scratch, "where"), whereGraph));
    const flags = new Tensor(Uint8Array.of(0, 1, 1), [3]);
    for (let i = 0; i < 2; i++) {
      expect(await model.run({ flags })).toEqual({ places: new Tensor(Int32Array.of(1, 2), [2, 1]) });
    }
    const before = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) await model.run({ flags: [0, 1, 1] });
    expect(tf.memory().numTensors).toBe(before);
    await model.close();
  });

  it("frees what it computes with, and in the end its weights", async () => {
    const start = tf.memory().numTensors;
    const models = [new TfjsModel(layers.bytes), new TfjsModel(graph.bytes)];
    await Promise.all(models.map((model) => model.open()));
    const { numTensors, numBytes } = tf.memory();
    expect(numTensors).toBe(start + 2);
    await Promise.all(Array.from({ length: 100 }, (_, i) => models[i % 2]?.run([[i, i]])));
    await expect(models[0]?.run([[1]])).rejects.toMatchObject({ code: "TFJS_INPUT" });
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    await Promise.all(models.map((model) => model.close()));
    expect(tf.memory().numTensors).toBe(start);
    // Closed, it can be opened again.
    expect((await models[0]?.run([[1, 2]]))?.y).toEqual(y([21]));
    await models[0]?.close();
  });

  it("says which inputs it takes", async () => {
    const refused = [
      [{ z: [[1, 2]] }, "The TensorFlow.js model needs a value for x.", "Its inputs are x."],
      [{ x: [[1, 2]], z: [[1]] }, "The TensorFlow.js model has no input z.", "Its inputs are x."],
      [
        [[1, 2, 3]],
        "The input x of the TensorFlow.js model has the shape [any, 2]; received [1, 3].",
        "Give a tensor of that shape.",
      ],
      [
        [1, 2],
        "The input x of the TensorFlow.js model has the shape [any, 2]; received [2].",
        "Give a tensor of that shape.",
      ],
      [
        new Tensor(Float64Array.of(1, 2), [1, 2]),
        "The input x of the TensorFlow.js model is of float32; received Float64Array.",
        "Give a Float32Array.",
      ],
      [
        [[1, 2], [3]],
        "The input x of the TensorFlow.js model is no tensor: its lists differ in length.",
        "Give each row as many numbers.",
      ],
    ] as const;
    for (const [inputs, message, fix] of refused) {
      await expect(graph.run(inputs as never)).rejects.toMatchObject({ code: "TFJS_INPUT", message, fix });
    }
  });

  it("that cannot be read says why", async () => {
    const broken = [
      [Buffer.from("no model"), /^The TensorFlow.js model cannot be read: Unexpected end of JSON input\.$/],
      [Buffer.from('{"format":"graph-model"}\n'), /cannot be read: it has no topology\.$/],
      [layers.bytes.subarray(0, -1), /cannot be read: .*multiple of 4/],
      [layers.bytes.subarray(0, -4), /cannot be read: /],
      [Buffer.from('{"modelTopology":{}}\n'), /cannot be read: layer: Improper config format/],
    ] as const;
    for (const [bytes, message] of broken) {
      await expect(new TfjsModel(bytes).open()).rejects.toMatchObject({
        code: "TFJS_MODEL",
        message: expect.stringMatching(message),
      });
    }
    const at = (path: string) => () => TfjsModel.at(path);
    expect(at(join(scratch, "nothing"))).toThrow(/TensorFlow.js model cannot be read: ENOENT/);
    const leading = await mkdtemp(join(scratch, "leading-"));
    const weightsManifest = [{ paths: ["../saved/weights.bin"], weights: [] }];
    await writeFile(join(leading, "model.json"), JSON.stringify({ modelTopology: {}, weightsManifest }));
    expect(at(leading)).toThrow(/its weights lie outside of its folder: \.\.\/saved\/weights\.bin/);
  });

  it("that needs an operation which the backend lacks says which", async () => {
    const model = TfjsModel.at(await writeGraph(join(scratch, "transposing"), transposingGraph));
    await expect(model.run([[1, 2]])).rejects.toMatchObject({
      code: "TFJS_OPERATION",
      message: "The TensorFlow.js model needs Einsum, which the backend wasm lacks.",
      fix: "Have @tensorflow/tfjs-backend-cpu alone, which has more operations, without @tensorflow/tfjs-backend-wasm.",
    });
    await model.close();
  });
});

describe("a flow", () => {
  it("hands models on in steps on Lambda, where nothing runs them", async () => {
    const { TfjsModel: OnLambda }: { TfjsModel: typeof TfjsModel } = await import(resolve("dist/lambdas/task.mjs"));
    const model = await OnLambda.of(linearLayers());
    expect(model.bytes).toEqual(layers.bytes);
    await expect(model.run([[1, 2]])).rejects.toMatchObject({
      code: "PACKAGE_MISSING",
      message: "A step on Lambda has no package that runs the model.",
    });
  });

  it("trains one, hands it on, and saves it for services", async () => {
    const file = fileURLToPath(new URL("fixtures/train-line.ts", import.meta.url));
    const store = join(scratch, "store");
    const run = await runFlow(await loadFlow(file, { cacheDir: join(scratch, "cache") }), { store, maxWorkers: 1 });
    expect(run.failure).toBeUndefined();
    await using client = await openClient({ folder: store });
    expect(await (await client.flow("TrainLine").run(run.run)).data.prediction).toBeCloseTo(2, 1);
    const model = await client.models.get<TfjsModel>("line");
    expect(model.ref).toMatchObject({ codec: "tfjs", type: "TfjsModel" });
    const service = new Line().pack("model", await model.value());
    const { data } = await service.predict(new Tensor(Float32Array.of(3, 4), [1, 2]));
    expect(data[0]).toBeCloseTo(2, 1);
    await service.model.close();
  });
});

describe("a service with a TensorFlow.js model", () => {
  it("answers, batched", async () => {
    const service = new Line().pack("model", new TfjsModel(layers.bytes));
    const served = { service, description: describeService(Line), version: "1.0.0" };
    const server = await serve(served, { port: 0, logLevel: "silent" });
    const ask = async (rows: unknown) => {
      const headers = { "content-type": "application/json" };
      return await server.app.inject({ method: "POST", url: "/predict", payload: JSON.stringify(rows), headers });
    };
    const before = tf.memory().numTensors;
    const answers = await Promise.all(
      [
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
        [],
        [[1]],
      ].map(ask),
    );
    expect(answers.slice(0, 3).map((answer) => answer.json())).toEqual([[[21]], [[43], [65]], []]);
    expect(answers[3]?.json()).toMatchObject({ error: { issues: [{ path: "[0]" }] } });
    expect(tf.memory().numTensors).toBe(before);
    await server.close();
  });

  it("does not start where the model cannot be read", async () => {
    const service = new Line().pack("model", new TfjsModel(layers.bytes.subarray(0, -4)));
    const served = { service, description: describeService(Line), version: "1.0.0" };
    await expect(serve(served, { port: 0, logLevel: "silent" })).rejects.toMatchObject({ code: "TFJS_MODEL" });
  });

  it("has a bundle that names the packages, locked, and serves once they are installed", async () => {
    const folder = await new Line().pack("model", layers).save(join(scratch, "line"));
    const again = await new Line().pack("model", layers).save(join(scratch, "again"));
    const manifest = await readFile(join(folder, "millrace-bundle.json"), "utf8");
    expect(await readFile(join(again, "millrace-bundle.json"), "utf8")).toBe(manifest);
    const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
    const names = ["backend-wasm", "core", "layers"].map((name) => `@tensorflow/tfjs-${name}`);
    expect(Object.keys(dependencies)).toEqual(names);
    expect(lock.packages[""]).toEqual({ name: "line", dependencies });
    for (const name of [...names, "@tensorflow/tfjs-backend-cpu"]) {
      expect(lock.packages[`node_modules/${name}`].integrity).toMatch(/^sha512-/);
    }
    const program = `import { load } from ${JSON.stringify(join(folder, "index.mjs"))}; await load();`;
    const loading = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { cwd: scratch });
    await expect(loading).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /A TensorFlow\.js model needs the package @tensorflow\/tfjs-core, which is not installed/,
      ),
    });

    const installed = join(scratch, "installed");
    await cp(folder, installed, { recursive: true });
    await symlink(resolve("node_modules"), join(installed, "node_modules"));
    const server = await startServer(installed, []);
    expect(await server.answer("/predict", [[1, 2]])).toEqual([[21]]);
    expect(await server.answer("/invocations", [[3, 4]])).toEqual([[43]]);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  it("has a bundle whose server ends where the model cannot be read, and says why", async () => {
    const folder = await new Line()
      .pack("model", new TfjsModel(layers.bytes.subarray(0, -4)))
      .save(join(scratch, "broken"));
    await symlink(resolve("node_modules"), join(folder, "node_modules"));
    const server = await startServer(folder, []);
    expect(await server.ended).toBe(1);
    expect(server.log().at(-1)).toMatchObject({
      level: 60,
      code: "TFJS_MODEL",
      msg: expect.stringMatching(/^The TensorFlow\.js model cannot be read: /),
    });
  });

  it("has a bundle with the reader of graphs, where its model is one", async () => {
    const folder = await new Line().pack("model", graph).save(join(scratch, "graph"));
    const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    expect(Object.keys(dependencies)).toContain("@tensorflow/tfjs-converter");
    expect(Object.keys(dependencies)).not.toContain("@tensorflow/tfjs-layers");
  });
});
