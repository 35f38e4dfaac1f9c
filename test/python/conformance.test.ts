import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { observe } from "../conformance/observe.ts";
import { pythonShapes } from "../conformance/python.ts";
import { fileOf } from "../conformance/shapes.ts";

let store: string;
beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), "millrace-python-"));
});
afterAll(() => rm(store, { recursive: true }));

test.each(pythonShapes)("$flow $parameters", async (shape) => {
  const { flow, parameters = {}, tasks, artifacts, failure } = shape;
  const loaded = await loadFlow(fileOf(shape), { cacheDir: join(store, "cache") });

  const run = await runFlow(loaded, { store, parameters });

  const records = new SqliteMetadataStore(store);
  const seen = await observe(records, new FolderBlobStore(store), loaded.definition, run);
  expect(run).toMatchObject({ flow, status: failure === undefined ? "succeeded" : "failed" });
  expect(seen).toEqual({
    tasks,
    ...(artifacts && { artifacts }),
    ...(failure && { failure: { message: expect.any(String), ...failure } }),
  });
  await records.close();
});
