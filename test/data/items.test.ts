import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadArtifact } from "../../lib/data/artifacts.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { EncodeError } from "../../lib/data/errors.ts";
import { type Items, storeItems } from "../../lib/data/items.ts";
import type { Frame } from "../../lib/metadata/records.ts";

let root: string;
let blobs: FolderBlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "items-"));
  blobs = new FolderBlobStore(root);
});
afterEach(() => rm(root, { recursive: true }));

const store = (items: Items) => storeItems(items, "this.foreach(items)", blobs);

async function loadAll(frames: readonly Frame[]): Promise<unknown[]> {
  const loaded = await Promise.all(frames.map(({ ref }) => loadArtifact(ref, blobs) as Promise<Iterable<unknown>>));
  return loaded.flatMap((items, index) => {
    expect([...items]).toHaveLength(frames[index]?.items as number);
    return [...items];
  });
}

describe("a foreach's items", () => {
  it("come back one by one, in their order", async () => {
    const item = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.date(), fc.float64Array(), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(fc.array(item), async (items) => {
        assert.deepStrictEqual(await loadAll(await store(items)), items);
      }),
    );
  });

  it("that are few and small travel in the record", async () => {
    expect(await store(["a", { b: 2n }])).toStrictEqual([
      {
        items: 2,
        ref: {
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          size: 42,
          codec: "json",
          type: "Array(2)",
          inline: '["a",{"b":{"$type":"bigint","value":"2"}}]',
        },
      },
    ]);
    expect(await readdir(root)).toStrictEqual([]);
  });

  it("that are none have no frame", async () => {
    expect([await store([]), await store(new Float64Array())]).toStrictEqual([[], []]);
  });

  it("that are many are a thousand in a frame", async () => {
    const frames = await store(Array.from({ length: 2500 }, (_, index) => index));
    expect(frames.map(({ items, ref }) => [items, ref.type, "inline" in ref])).toStrictEqual([
      [1000, "Array(1000)", false],
      [1000, "Array(1000)", false],
      [500, "Array(500)", false],
    ]);
    expect(await loadAll(frames.slice(1, 2))).toStrictEqual(Array.from({ length: 1000 }, (_, index) => 1000 + index));
  });

  it("that are large are as many in a frame as 256 KB hold, at least one", async () => {
    const items = [...Array(5).fill("x".repeat(100_000)), "x".repeat(1_000_000), "x"];
    expect((await store(items)).map(({ items }) => items)).toStrictEqual([2, 2, 1, 1, 1]);
    expect(await loadAll(await store(items))).toStrictEqual(items);
  });

  it("may be the numbers of a typed array", async () => {
    const items = Float32Array.from({ length: 1500 }, (_, index) => index / 2);
    const frames = await store(items);
    expect(frames.map(({ items, ref }) => [items, ref.codec])).toStrictEqual([
      [1000, "npy"],
      [500, "npy"],
    ]);
    expect(await loadAll(frames)).toStrictEqual([...items]);
    expect(await loadAll(await store(BigInt64Array.of(1n, 2n)))).toStrictEqual([1n, 2n]);
    expect(await loadAll(await store(Uint8Array.of(1, 2)))).toStrictEqual([1, 2]);
  });

  it("of which one cannot be stored are refused with its index", async () => {
    const error = await store([1, { f: () => 1 }]).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ message: "this.foreach(items)[1].f is a function, which cannot be stored." });
  });
});
