import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InlineBudget, loadArtifact, loadArtifactSync, storeArtifact } from "../../lib/data/artifacts.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { DecodeError } from "../../lib/data/errors.ts";
import { PythonObject } from "../../lib/data/python-object.ts";
import type { ArtifactRef } from "../../lib/data/store.ts";
import { Tensor } from "../../lib/data/tensor.ts";

let root: string;
let blobs: FolderBlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "artifacts-"));
  blobs = new FolderBlobStore(root);
});
afterEach(() => rm(root, { recursive: true }));

const store = (value: unknown, budget = new InlineBudget()) => storeArtifact(value, "this.x", blobs, budget);
const files = async () =>
  (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;

describe("an artifact", () => {
  it("that is small travels in the record, and costs no file", async () => {
    expect(await store({ a: 1 })).toStrictEqual({
      hash: hash("sha256", '{"a":1}'),
      size: 7,
      codec: "json",
      type: "Object",
      inline: '{"a":1}',
    });
    expect(await store(Buffer.from("abc"))).toStrictEqual({
      hash: hash("sha256", "abc"),
      size: 3,
      codec: "buffer",
      type: "Buffer(3)",
      inline: "YWJj",
    });
    expect(await files()).toBe(0);
  });

  it("that is large is a blob, described in the record", async () => {
    const numbers = Float64Array.from({ length: 1000 }, Math.random);
    expect(await store(numbers)).toStrictEqual({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      size: 8128,
      codec: "npy",
      type: "Float64Array(1000)",
    });
    expect(await files()).toBe(1);
  });

  it.each([
    ["JSON of 4 KB", "x".repeat(4094), true],
    ["JSON of more", "x".repeat(4095), false],
    ["JSON counted in bytes, not letters", "é".repeat(2048), false],
    ["bytes that are 4 KB as base64", new Uint8Array(3072), true],
    ["bytes that are more as base64", new Uint8Array(3073), false],
  ])("in the record or not: %s", async (_, value, inline) => {
    expect("inline" in (await store(value))).toBe(inline);
  });

  it("of many small ones is in the record until they are 32 KB together, with those that the task only passes on", async () => {
    const value = "x".repeat(4094);
    const budget = new InlineBudget();
    const refs: ArtifactRef[] = [];
    for (let index = 0; index < 9; index++) refs.push(await store(value + index.toString().slice(1), budget));
    expect(refs.map((ref) => "inline" in ref)).toStrictEqual([...Array(8).fill(true), false]);
    const carried = Object.fromEntries(refs.slice(0, 7).map((ref, index) => [`a${index}`, ref]));
    const left = new InlineBudget(carried);
    expect(["inline" in (await store(value, left)), "inline" in (await store(value, left))]).toStrictEqual([
      true,
      false,
    ]);
  });

  it("comes back the same, from the record or a blob, waiting or blocking", async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.uint8Array(),
      fc.float64Array(),
      fc.date(),
      fc
        .uniqueArray(fc.string())
        .map((keys) => new Map(keys.map((key) => [key, new Tensor(new Float32Array(4), [2, 2])]))),
    );
    await fc.assert(
      fc.asyncProperty(value, fc.boolean(), async (value, inline) => {
        const ref = await store(value, inline ? new InlineBudget() : InlineBudget.none());
        expect("inline" in ref).toBe(inline || ref.size === 0);
        assert.deepStrictEqual(await loadArtifact(ref, blobs), value);
        assert.deepStrictEqual(loadArtifactSync(ref, blobs), value);
      }),
    );
  });

  it("is a value of its own each time it is loaded", async () => {
    const ref = await store([1, 2]);
    ((await loadArtifact(ref, blobs)) as number[]).push(3);
    expect(await loadArtifact(ref, blobs)).toStrictEqual([1, 2]);
  });

  it("of bytes has a buffer with these bytes and no others", async () => {
    const loaded = (await loadArtifact(await store(new Uint8Array([1, 2, 3])), blobs)) as Uint8Array;
    expect([...new Uint8Array(loaded.buffer)]).toStrictEqual([1, 2, 3]);
    const { buffer } = (await loadArtifact(await store(Buffer.from("abc")), blobs)) as Buffer;
    expect(Buffer.from(buffer).toString()).toBe("abc");
  });

  it("may be changed as soon as it was given to be stored", async () => {
    const value = { rows: Array(1000).fill("before") };
    const stored = store(value);
    value.rows.fill("after");
    expect(await loadArtifact(await stored, blobs)).toStrictEqual({ rows: Array(1000).fill("before") });
  });

  it("that has not changed has the same reference and no second file", async () => {
    const bytes = randomBytes(100_000);
    const ref = await store(bytes);
    expect(await store(await loadArtifact(ref, blobs))).toStrictEqual(ref);
    expect(await files()).toBe(1);
  });

  it("that Python pickled has its type and its bytes, and is the same one when it is stored again", async () => {
    const ref = { ...(await store(Buffer.from("pickled"))), codec: "pickle", type: "sklearn.svm.SVC" };
    const value = await loadArtifact(ref, blobs);
    expect(value).toBeInstanceOf(PythonObject);
    expect(value).toMatchObject({ type: "sklearn.svm.SVC", bytes: Buffer.from("pickled"), codec: "pickle" });
    expect(await store(value)).toStrictEqual(ref);
  });

  it("of a codec that this version does not know is an error that says so", async () => {
    const ref = { ...(await store(1)), codec: "avro" };
    const error = await loadArtifact(ref, blobs).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject({
      message: 'An artifact of the codec "avro" cannot be read: this version does not know the codec.',
      fix: "Read it with the version that wrote it, or a newer one.",
    });
  });
});
