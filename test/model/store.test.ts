import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Client, openClient } from "../../lib/client/client.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { exportModel, importModel } from "../../lib/model/store/file.ts";
import { runFlow } from "../../lib/run/run-flow.ts";

let folder: string;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-models-"));
  client = await openClient({ folder, create: true });
});
afterEach(async () => {
  await client.close();
  await rm(folder, { recursive: true, force: true });
});

async function train(mode: string) {
  const file = fileURLToPath(new URL("fixtures/train.ts", import.meta.url));
  const flow = await loadFlow(file, { cacheDir: join(folder, "cache") });
  return await runFlow(flow, { store: folder, parameters: { mode }, maxWorkers: 1 });
}

describe("a step's model", () => {
  it("is there when its task has succeeded, with the task that made it", async () => {
    const run = await train("right");
    const { value, ...record } = await client.models.get("svm");
    expect(record).toEqual({
      name: "svm",
      version: expect.stringMatching(/^\d{8}-\d{6}-\d{3}-\w{4}$/),
      createdAt: expect.any(String),
      ref: { hash: expect.any(String), size: 15, codec: "json", type: "Object" },
      metrics: { accuracy: 0.5 },
      metadata: { attempt: 0 },
      source: { flow: "Train", run: run.run, step: "train", path: "", visit: 0, attempt: 0 },
    });
    expect(await value()).toEqual({ weights: [0] });
    expect(await (await client.flow("Train").run(run.run)).data.version).toBe(record.version);
  });

  it("of an attempt that failed is not there", async () => {
    await train("retried");
    const versions = await client.models.versions("svm");
    expect(versions.map(({ metadata }) => metadata)).toEqual([{ attempt: 1 }]);
    expect((await train("fails")).status).toBe("failed");
    expect(await client.models.versions("svm")).toHaveLength(1);
  });

  it("that cannot be stored fails its task, with its place", async () => {
    const run = await train("unstorable");
    expect(run.failure).toMatchObject({
      name: "ENCODE",
      message: expect.stringMatching(/^the model svm is a function/),
    });
    expect(await client.models.names()).toEqual([]);
  });
});

describe("a version", () => {
  it("is found by itself, by an alias, and as the newest", async () => {
    const first = await client.models.save("iris", [1], { metrics: { loss: 2 } });
    await new Promise((resolve) => setTimeout(resolve, 2));
    const second = await client.models.save("iris", [2]);
    await client.models.setAlias("iris", "production", `iris:${first.version}`);
    const found = async (reference: string) => await (await client.models.get(reference)).value();
    expect(await Promise.all(["iris", "iris:latest", "iris:production", `iris:${second.version}`].map(found))).toEqual([
      [2],
      [2],
      [1],
      [2],
    ]);
    await client.models.setAlias("iris", "production", "iris");
    expect(await found("iris:production")).toEqual([2]);
    expect((await client.models.versions("iris")).map(({ version }) => version)).toEqual([
      second.version,
      first.version,
    ]);
  });

  it("is not deleted while an alias points to it", async () => {
    const { version } = await client.models.save("iris", 1);
    await client.models.setAlias("iris", "production", "iris");
    await expect(client.models.delete("iris")).rejects.toMatchObject({
      code: "MODEL_ALIASED",
      message: `iris:${version} is production.`,
    });
    await client.models.setAlias("iris", "production", undefined);
    await client.models.delete("iris");
    expect(await client.models.names()).toEqual([]);
  });

  it.each([
    ["iris:staging", "MODEL_UNKNOWN"],
    ["rose", "MODEL_UNKNOWN"],
    ["iris:", "MODEL_REFERENCE"],
    ["iris:a:b", "MODEL_REFERENCE"],
    ["../iris", "MODEL_NAME"],
    ["", "MODEL_NAME"],
  ])("that is not there is said so: %j", async (reference, code) => {
    const { version } = await client.models.save("iris", 1);
    await client.models.setAlias("iris", "production", "iris");
    const error = await client.models.get(reference).catch((error) => error);
    expect(error.code).toBe(code);
    if (reference === "iris:staging") expect(error.fix).toBe(`There is iris:production, iris:${version}.`);
  });

  it.each([["latest"], ["a/b"], ["1st"]])("has no alias %j", async (alias) => {
    await client.models.save("iris", 1);
    await expect(client.models.setAlias("iris", alias, "iris")).rejects.toMatchObject({ code: "MODEL_ALIAS" });
  });

  it("has finite metrics", async () => {
    await expect(client.models.save("iris", 1, { metrics: { loss: Number.NaN } })).rejects.toMatchObject({
      code: "MODEL_METRICS",
      message: "The metric loss of the model iris is NaN.",
    });
  });
});

describe("an exported model", () => {
  it("is the same in another store", async () => {
    await train("right");
    const file = join(folder, "svm.model");
    await exportModel(client.models, "svm", file);
    await using other = await openClient({ folder: join(folder, "other"), create: true });
    const imported = await importModel(other.models, file);
    const { value: from, ...before } = await client.models.get("svm");
    const { value: to, ...after } = await other.models.get(`svm:${imported.version}`);
    expect(after).toEqual(before);
    expect(await to()).toEqual(await from());
  });

  it.each([
    [
      "its value",
      (text: string) => text.replace('{"weights":[0]}', '{"weights":[1]}'),
      /^.* was changed: its value's SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\.$/,
    ],
    ["its name", (text: string) => text.replace('"name":"svm"', '"name":"../svm"'), /is no exported model\.$/],
    ["its version", (text: string) => text.replace(/"version":"[^"]*"/, '"version":"a/b"'), /is no exported model\.$/],
    [
      "its version to a name",
      (text: string) => text.replace(/"version":"[^"]*"/, '"version":"latest"'),
      /is no exported/,
    ],
    ["its type", (text: string) => text.replace('"type":"Object"', '"type":"\\u001b[2J"'), /is no exported model\.$/],
    ["its size", (text: string) => text.replace('"size":15', '"size":1e15'), /has 15 bytes, not 1000000000000000\.$/],
    ["all of it", () => "PK", /is no exported model\.$/],
  ])("is refused where %s was changed", async (_what, change, message) => {
    await client.models.save("svm", { weights: [0] });
    const file = join(folder, "svm.model");
    await exportModel(client.models, "svm", file);
    await writeFile(file, change(await readFile(file, "utf8")));
    await expect(importModel(client.models, file)).rejects.toMatchObject({
      code: "MODEL_FILE",
      message: expect.stringMatching(message),
    });
  });

  it("does not change a version that is there", async () => {
    const file = join(folder, "svm.model");
    const { version } = await client.models.save("svm", { weights: [0] });
    await exportModel(client.models, "svm", file);
    const other = await client.models.save("svm", { weights: [1] });
    const changed = join(folder, "changed.model");
    await exportModel(client.models, "svm", changed);
    await writeFile(changed, (await readFile(changed, "utf8")).replace(other.version, version));
    await expect(importModel(client.models, changed)).rejects.toMatchObject({
      code: "MODEL_EXISTS",
      message: `The store has svm:${version} already, with another value.`,
    });
    expect((await importModel(client.models, file)).version).toBe(version);
    expect(await (await client.models.get(`svm:${version}`)).value()).toEqual({ weights: [0] });
  });

  it("that cannot be written is said so", async () => {
    await client.models.save("svm", 1);
    await expect(exportModel(client.models, "svm", join(folder, "nowhere", "svm.model"))).rejects.toMatchObject({
      code: "MODEL_FILE",
      message: expect.stringMatching(/svm\.model cannot be written: ENOENT/),
    });
  });
});
