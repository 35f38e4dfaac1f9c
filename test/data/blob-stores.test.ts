import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { S3BlobStore } from "../../lib/data/blobs/s3.ts";
import { BlobCorruptError, BlobMissingError, StoreError } from "../../lib/data/errors.ts";
import type { Blob, BlobStore } from "../../lib/data/store.ts";
import { FakeS3 } from "../aws-transport/fake-s3.ts";

interface Place {
  readonly store: BlobStore;
  /** Where a name below `blobs/` is, as errors call it. */
  location(name: string): string;
  names(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  overwrite(name: string, content: Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

async function folder(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "blobs-"));
  const location = (name: string) => join(root, "blobs", name);
  return {
    store: new FolderBlobStore(root),
    location,
    names: async () => {
      const entries = await readdir(join(root, "blobs"), { recursive: true });
      return entries
        .map((entry) => entry.split(sep).join("/"))
        .filter((entry) => entry.includes("/"))
        .sort();
    },
    read: (name) => readFile(location(name)),
    overwrite: (name, content) => writeFile(location(name), content),
    remove: () => rm(root, { recursive: true }),
  };
}

async function s3(): Promise<Place> {
  // The blocking read stops this thread: a server that it is to hear must be in another one. The fake's requests go through `get` only.
  const fake = await FakeS3.start();
  const prefix = "/store/team a/flow/blobs/";
  return {
    store: new S3BlobStore(fake.client(), "store", "team a/flow"),
    location: (name) => `s3:/${prefix}${name}`,
    names: async () => [...fake.objects.keys()].map((key) => key.slice(prefix.length)).sort(),
    read: async (name) => fake.objects.get(prefix + name) as Buffer,
    overwrite: async (name, content) => void fake.objects.set(prefix + name, Buffer.from(content)),
    remove: async () => await fake[Symbol.asyncDispose](),
  };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const text = Buffer.from("a line that repeats itself\n".repeat(1000));
const noise = randomBytes(100_000);

type Read = (store: BlobStore, blob: Blob) => Promise<Uint8Array>;
const whole: Read = (store, blob) => store.get(blob);
const inPieces: Read = async (store, blob) => Buffer.concat(await Readable.from(store.pieces(blob)).toArray());

describe.each([
  ["a folder, read as a whole", folder, whole],
  ["a folder, read in pieces", folder, inPieces],
  ["a bucket, read as a whole", s3, whole],
  ["a bucket, read in pieces", s3, inPieces],
])("blobs in %s", (_, make, read) => {
  let place: Place;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(() => place.remove());

  it("come back as they were put", async () => {
    const repeated = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 500 }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      repeated.map(([part, times]) => Buffer.concat(Array(times).fill(part))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (bytes) => {
        const blob = await place.store.put(bytes);
        expect(blob).toMatchObject({ hash: sha256(bytes), size: bytes.length });
        expect(Buffer.compare(await read(place.store, blob), bytes)).toBe(0);
      }),
    );
  });

  it("come back when they are as large as several parts", async () => {
    const large = randomBytes(21_000_001);
    const blob = await place.store.put(large);
    expect(Buffer.compare(await read(place.store, blob), large)).toBe(0);
  });

  it("are compressed only if that makes them smaller, under names that tools know", async () => {
    const [hash, other] = [sha256(text), sha256(noise)];
    expect(await place.store.put(text)).toStrictEqual({ hash, size: text.length, compression: "zstd" });
    expect(await place.store.put(noise)).toStrictEqual({ hash: other, size: noise.length });
    expect(await place.names()).toEqual(
      expect.arrayContaining([`${hash.slice(0, 2)}/${hash.slice(2)}.zst`, `${other.slice(0, 2)}/${other.slice(2)}`]),
    );
  });

  it("are kept once, however often and at the same time they are put", async () => {
    const before = await place.names();
    const bytes = randomBytes(50_000);
    const blobs = await Promise.all(Array.from({ length: 20 }, () => place.store.put(bytes)));
    expect(new Set(blobs.map((blob) => blob.hash)).size).toBe(1);
    expect(await place.names()).toHaveLength(before.length + 1);
  });

  it("that are missing are named with the place that was looked at", async () => {
    const hash = "ab".repeat(32);
    const error = await read(place.store, { hash, size: 3 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BlobMissingError);
    expect(error).toMatchObject({
      code: "BLOB_MISSING",
      message: `The artifact's content is not in the store: there is no ${place.location(`ab/${"ab".repeat(31)}`)}.`,
      fix: "Run the step again, or restore the file from a backup of the store.",
    });
  });

  it.each<[string, Uint8Array, (stored: Uint8Array) => Uint8Array]>([
    ["changed", noise, (stored) => Buffer.concat([stored.subarray(0, -1), Buffer.from([~(stored.at(-1) ?? 0)])])],
    ["cut off", noise, (stored) => stored.subarray(0, -1)],
    ["emptied", noise, () => Buffer.alloc(0)],
    ["cut off, compressed", text, (stored) => stored.subarray(0, -1)],
    ["no longer compressed data", text, () => Buffer.from("nothing of the sort")],
  ])("that were damaged are never returned: %s", async (_, bytes, damage) => {
    const blob = await place.store.put(bytes);
    const name = `${blob.hash.slice(0, 2)}/${blob.hash.slice(2)}${blob.compression === undefined ? "" : ".zst"}`;
    const intact = Buffer.from(await place.read(name));
    await place.overwrite(name, damage(intact));
    const error = await read(place.store, blob).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BlobCorruptError);
    expect(error).toMatchObject({
      message: `${place.location(name)} is damaged: its content does not have the SHA-256 ${blob.hash}.`,
    });
    await place.overwrite(name, intact);
    expect(Buffer.compare(await read(place.store, blob), bytes)).toBe(0);
  });

  it("that decompress to more than their record says are refused, not unpacked", async () => {
    const blob = await place.store.put(Buffer.alloc(10_000_000));
    await expect(read(place.store, { ...blob, size: 100 })).rejects.toBeInstanceOf(BlobCorruptError);
  });

  it("are never looked for outside of the store, whatever a record says", async () => {
    await expect(read(place.store, { hash: "../../../../etc/passwd", size: 3 })).rejects.toBeInstanceOf(
      BlobCorruptError,
    );
  });
});

describe("a folder of blobs", () => {
  it("also reads while it blocks, with the same errors", async () => {
    const place = await folder();
    for (const bytes of [text, noise, Buffer.alloc(0)]) {
      expect(Buffer.compare(place.store.getSync(await place.store.put(bytes)), bytes)).toBe(0);
    }
    expect(() => place.store.getSync({ hash: "0".repeat(64), size: 1 })).toThrow(BlobMissingError);
    const { hash } = await place.store.put(noise);
    await place.overwrite(`${hash.slice(0, 2)}/${hash.slice(2)}`, text);
    expect(() => place.store.getSync({ hash, size: noise.length })).toThrow(BlobCorruptError);
    await place.remove();
  });

  it("that cannot be written to says where and what to do", async () => {
    const place = await folder();
    await place.store.put(noise);
    const file = place.location("file");
    await writeFile(file, "");
    const error = await new FolderBlobStore(file).put(noise).catch((error: unknown) => error);
    const { hash } = await place.store.put(noise);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      code: "STORE",
      message: `The store cannot use ${join(file, "blobs", hash.slice(0, 2), hash.slice(2))}: a part of the path is a file, not a folder.`,
      fix: "Move the file away, or name another store.",
    });
    await place.remove();
  });

  it("writes a file again that lost its content with the machine's power", async () => {
    const place = await folder();
    const { hash, ...blob } = await place.store.put(noise);
    await place.overwrite(`${hash.slice(0, 2)}/${hash.slice(2)}`, Buffer.alloc(0));
    await place.store.put(noise);
    expect(Buffer.compare(await place.store.get({ hash, ...blob }), noise)).toBe(0);
    await place.remove();
  });

  it("has nothing half-written under a blob's name after its process was killed", async () => {
    const place = await folder();
    const program = `
      import { randomBytes } from "node:crypto";
      import { FolderBlobStore } from ${JSON.stringify(new URL("../../lib/data/blobs/folder.ts", import.meta.url).href)};
      const store = new FolderBlobStore(${JSON.stringify(join(place.location("."), ".."))});
      for (let count = 0; ; count++) {
        await store.put(randomBytes(3_000_000));
        if (count === 3) console.log("some are there");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const names = (await place.names()).filter((name) => !name.endsWith(".tmp"));
    expect(names.length).toBeGreaterThanOrEqual(4);
    for (const name of names) expect(sha256(await place.read(name))).toBe(name.replace("/", ""));
    await place.remove();
  });
});
