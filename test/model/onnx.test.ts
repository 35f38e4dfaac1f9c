import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode, encode } from "../../lib/data/codecs/index.ts";
import { OnnxModel } from "../../lib/data/models/onnx/model.ts";
import { Tensor } from "../../lib/data/tensor.ts";
import { serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { Scorer } from "./fixtures/scorer.ts";
import { linearOnnx } from "./support/onnx-file.ts";

const bytes = linearOnnx([[1], [10]]);
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-onnx-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe("an ONNX model", () => {
  it("is an artifact: its file's bytes", () => {
    const encoded = encode(new OnnxModel(bytes), "this.model");
    expect(encoded).toMatchObject({ codec: "onnx", type: "OnnxModel", bytes });
    expect(decode("onnx", encoded.bytes)).toBeInstanceOf(OnnxModel);
  });

  it("takes tensors or lists by name, or its one input alone", async () => {
    const model = new OnnxModel(bytes);
    const rows = new Tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const expected = { y: new Tensor(Float32Array.of(21, 43), [2, 1]) };
    expect(await model.run({ x: rows })).toEqual(expected);
    expect(await model.run(rows)).toEqual(expected);
    expect(
      await model.run([
        [1, 2],
        [3, 4],
      ]),
    ).toEqual(expected);
    await model.close();
  });

  it("says which inputs it has", async () => {
    const model = new OnnxModel(bytes);
    await expect(model.run({ z: [[1, 2]] })).rejects.toMatchObject({
      code: "ONNX_INPUT",
      message: "The ONNX model needs a value for x.",
      fix: "Its inputs are x.",
    });
    await expect(model.run([[1, 2], [3]])).rejects.toMatchObject({ code: "ONNX_INPUT" });
  });

  it("that is none keeps the service from starting", async () => {
    const service = new Scorer().pack("model", new OnnxModel(Buffer.from("no model")));
    const served = { service, description: describeService(Scorer), version: "1.0.0" };
    await expect(serve(served, { port: 0, logLevel: "silent" })).rejects.toMatchObject({ code: "ONNX_MODEL" });
  });
});

describe("a service with an ONNX model", () => {
  it("answers, batched", async () => {
    const service = new Scorer().pack("model", new OnnxModel(bytes));
    const served = { service, description: describeService(Scorer), version: "1.0.0" };
    const server = await serve(served, { port: 0, logLevel: "silent" });
    const ask = (rows: unknown) =>
      server.app.inject({
        method: "POST",
        url: "/score",
        payload: JSON.stringify(rows),
        headers: { "content-type": "application/json" },
      });
    const answers = await Promise.all(
      [
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
        [[1]],
      ].map(ask),
    );
    expect(answers.slice(0, 2).map((answer) => answer.json())).toEqual([[21], [43, 65]]);
    expect(answers[2]?.json()).toMatchObject({ error: { issues: [{ path: "[0]" }] } });
    await server.close();
  });

  it("has a bundle that names the runtime, locked, and runs once it is installed", async () => {
    const folder = await new Scorer().pack("model", new OnnxModel(bytes)).save(join(scratch, "scorer"));
    const again = await new Scorer().pack("model", new OnnxModel(bytes)).save(join(scratch, "again"));
    const [first, second] = await Promise.all(
      [folder, again].map((path) => readFile(join(path, "millrace-bundle.json"), "utf8")),
    );
    expect(second).toBe(first);
    const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
    expect(Object.keys(dependencies)).toEqual(["onnxruntime-web"]);
    expect(lock.packages[""]).toEqual({ name: "scorer", dependencies });
    expect(lock.packages["node_modules/onnxruntime-web"]).toMatchObject({
      version: dependencies["onnxruntime-web"],
      integrity: expect.stringMatching(/^sha512-/),
    });
    expect(lock.packages["node_modules/onnxruntime-common"]).toBeDefined();
    expect(JSON.stringify(lock)).not.toContain('"resolved"');
    expect(await readFile(join(folder, "Dockerfile"), "utf8")).toContain(
      "COPY package.json package-lock.json ./\nRUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund\nCOPY . .\n",
    );
    const answered = async (path: string) => {
      const program = `import { load } from ${JSON.stringify(join(path, "index.mjs"))};
        const service = await load(); console.log(JSON.stringify(await service.score([[1, 2]]))); await service.close();`;
      const args = ["--input-type=module", "-e", program];
      return (await promisify(execFile)(process.execPath, args, { cwd: scratch })).stdout;
    };
    await expect(answered(folder)).rejects.toMatchObject({ stderr: expect.stringContaining("PACKAGE_MISSING") });
    const installed = join(scratch, "installed");
    await cp(folder, installed, { recursive: true });
    await symlink(resolve("node_modules"), join(installed, "node_modules"));
    expect(await answered(installed)).toBe("[21]\n");
  });
});
