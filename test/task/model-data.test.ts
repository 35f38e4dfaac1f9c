import { hash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { createTarDecoder, unpackTar } from "modern-tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import type { Blob, BlobStore } from "../../lib/data/store.ts";
import { modelData } from "../../lib/task/deploy/model-data.ts";
import type { ServiceModel } from "../../lib/task/deploy/models.ts";
import { tar } from "../../lib/task/deploy/tar.ts";

const MiB = 2 ** 20;
let folder: string;
let blobs: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-model-data-"));
  blobs = new FolderBlobStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const large = randomBytes(3 * MiB + 17);
const text = Buffer.from("a line that repeats itself\n".repeat(10_000));

async function models(): Promise<ServiceModel[]> {
  const inline = { hash: hash("sha256", "[1]"), size: 3, codec: "json", type: "Array(1)", inline: "[1]" };
  return [
    { path: "net", artifact: "net", ref: { ...(await blobs.put(large)), codec: "onnx", type: "OnnxModel" } },
    { path: "words.table", artifact: "t", ref: { ...(await blobs.put(text)), codec: "buffer", type: "Buffer" } },
    { path: "bias", artifact: "bias", ref: inline },
  ];
}

async function bytesOf(given: readonly ServiceModel[]): Promise<Buffer> {
  return Buffer.concat(await Readable.from(modelData("Both", given, blobs).pieces()).toArray());
}

test("the archive has the models as they are stored, and a manifest with their hashes", async () => {
  const files = await unpackTar(gunzipSync(await bytesOf(await models())));
  expect(files.map(({ header: { name, mode } }) => [name, mode])).toEqual([
    ["millrace-bundle.json", 0o644],
    ["models/net", 0o644],
    ["models/words.table", 0o644],
    ["models/bias", 0o644],
  ]);
  const [manifest, ...contents] = files.map(({ data }) => Buffer.from(data ?? []));
  expect(
    contents.map((content, index) => Buffer.compare(content, [large, text, Buffer.from("[1]")][index] as Buffer)),
  ).toEqual([0, 0, 0]);
  const { models: listed, files: hashes } = JSON.parse(String(manifest));
  expect(listed[1]).toEqual({ name: "words.table", file: "models/words.table", codec: "buffer", type: "Buffer" });
  expect(hashes["models/net"]).toEqual({ sha256: hash("sha256", large), size: large.length });
});

test("a file of 8 GiB and more has its size in the archive", async () => {
  const size = 8 ** 11 + 5;
  const header = (await tar([{ name: "models/net", size, pieces: [] }]).next()).value;
  const decoder = createTarDecoder();
  const writer = decoder.writable.getWriter();
  void writer.write(header);
  const { value } = await decoder.readable.getReader().read();
  expect(value?.header).toMatchObject({ name: "models/net", size });
  await writer.abort().catch(() => {});
});

test("the same models give the same bytes and the same name, others another one", async () => {
  const [first, ...others] = await models();
  expect(Buffer.compare(await bytesOf(await models()), await bytesOf(await models()))).toBe(0);
  const names = [await models(), await models(), others].map((given) => modelData("Both", given, blobs).hash);
  expect(names[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(names[1]).toBe(names[0]);
  expect(names[2]).not.toBe(names[0]);
  expect(first).toBeDefined();
});

test("a model of any size is in memory a piece at a time", async () => {
  let given = 0;
  const pieces = async function* () {
    for (; given < 256; given++) yield Buffer.alloc(MiB);
  };
  const endless = { ...blobs, pieces } as unknown as BlobStore;
  const ref = { hash: "", size: 256 * MiB, codec: "onnx", type: "OnnxModel" };
  const archive = modelData("Both", [{ path: "net", artifact: "net", ref }], endless).pieces();
  const iterator = archive[Symbol.asyncIterator]();
  await iterator.next();
  await new Promise((done) => setTimeout(done, 100));
  // Zeros shrink to a thousandth: what is taken in is what gzip has been given.
  expect(given).toBeLessThan(64);
  for (let next = await iterator.next(); next.done !== true; ) next = await iterator.next();
  expect(given).toBe(256);
});

test("a model that is damaged in the store breaks the archive, as one that is not there", async () => {
  const [net] = await models();
  if (net === undefined) throw new Error("there is no model");
  const file = join(folder, "blobs", net.ref.hash.slice(0, 2), net.ref.hash.slice(2));
  const content = await readFile(file);
  content[0] = ~(content[0] ?? 0);
  await rm(file);
  await expect(bytesOf([net])).rejects.toMatchObject({ code: "BLOB_MISSING" });
  const missing: Blob = { hash: "ab".repeat(32), size: 3 };
  await expect(bytesOf([{ ...net, ref: { ...net.ref, ...missing } }])).rejects.toMatchObject({ code: "BLOB_MISSING" });
  const other = await blobs.put(content);
  await expect(bytesOf([{ ...net, ref: { ...net.ref, ...other, size: 5 } }])).rejects.toMatchObject({
    code: "BLOB_CORRUPT",
  });
});
