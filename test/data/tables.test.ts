import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Bool,
  Float64,
  Int32,
  Int64,
  Table,
  TimestampMillisecond,
  tableFromArrays,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InlineBudget, loadArtifact, loadArtifactSync, loadCodecs, storeArtifact } from "../../lib/data/artifacts.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import type { ArtifactRef } from "../../lib/data/store.ts";

let folder: string;
let blobs: FolderBlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tables-"));
  blobs = new FolderBlobStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const store = (value: unknown) => storeArtifact(value, "this.table", blobs, new InlineBudget());

/** What Python has left: `pyarrow.ipc.new_file` wrote it. */
async function written(file: string): Promise<ArtifactRef> {
  const bytes = await readFile(join(import.meta.dirname, "fixtures", file));
  return { ...(await blobs.put(bytes)), codec: "arrow", type: "Table" };
}

const rowsOf = (table: unknown) => (table as Table).toArray().map((row) => row.toJSON());

/** Columns of the same length, each of one type and with nulls. */
const columns = fc.nat(20).chain((length) => {
  const column = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values), { minLength: length, maxLength: length });
  return fc.record({
    text: column(fc.string({ unit: "binary" })),
    float: column(fc.double({ noNaN: true })),
    integer: column(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    long: column(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    flag: column(fc.boolean()),
    time: column(fc.integer({ min: -1e15, max: 1e15 })),
  });
});

describe("a table", () => {
  it("comes back with its columns, their types and their nulls", async () => {
    await fc.assert(
      fc.asyncProperty(columns, async ({ text, float, integer, long, flag, time }) => {
        const table = new Table({
          text: vectorFromArray(text, new Utf8()),
          float: vectorFromArray(float, new Float64()),
          integer: vectorFromArray(integer, new Int32()),
          long: vectorFromArray(long, new Int64()),
          flag: vectorFromArray(flag, new Bool()),
          time: vectorFromArray(time, new TimestampMillisecond()),
        });
        const ref = await store(table);
        expect([ref.codec, ref.type]).toEqual(["arrow", `Table(${text.length}×6)`]);
        const read = (await loadArtifact(ref, blobs)) as Table;
        expect(read.schema.fields.map(String)).toEqual(table.schema.fields.map(String));
        expect(rowsOf(read)).toEqual(
          text.map((_, row) => ({
            text: text[row],
            float: float[row],
            integer: integer[row],
            long: long[row],
            flag: flag[row],
            time: time[row],
          })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("of Python's has its columns, categories as text, and the index of pandas as one of them", async () => {
    const table = (await loadArtifact(await written("pandas.arrow"), blobs)) as Table;
    expect(table.schema.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      "name: LargeUtf8",
      "x: Float64",
      "n: Int64",
      "kind: Dictionary<Int8, LargeUtf8>",
      "at: Timestamp<MICROSECOND>",
      "row: Int64",
    ]);
    expect(rowsOf(table)).toEqual([
      { name: "a", x: 1.5, n: 1n, kind: "u", at: Date.UTC(2026, 0, 1), row: 10n },
      { name: null, x: null, n: 2n, kind: "v", at: Date.UTC(2026, 0, 2), row: 20n },
      { name: "c", x: -2, n: 3n, kind: "u", at: null, row: 30n },
    ]);
  });

  it("that was only read is the same artifact, whoever wrote it; changed in place it is another", async () => {
    const ref = await written("pandas.arrow");
    const table = (await loadArtifact(ref, blobs)) as Table;
    expect((await store(table)).hash).toBe(ref.hash);

    table.getChild("n")?.set(0, 7n);
    const changed = await store(table);
    expect(changed.hash).not.toBe(ref.hash);
    expect(((await loadArtifact(changed, blobs)) as Table).getChild("n")?.toArray()).toEqual(
      BigInt64Array.of(7n, 2n, 3n),
    );
  });

  it("of a hundred megabytes is read without a copy", async () => {
    const ref = await store(tableFromArrays({ x: new Float64Array(1_000_000) }));
    const table = (await loadArtifact(ref, blobs)) as Table;
    expect(table.getChild("x")?.toArray().buffer.byteLength).toBe(ref.size);
  });

  it("can be read by a thread that cannot wait, once the library is loaded", async () => {
    const ref = await store(tableFromArrays({ x: Int32Array.of(1, 2) }));
    await loadCodecs([{ table: ref }]);
    expect(rowsOf(loadArtifactSync(ref, blobs))).toEqual([{ x: 1 }, { x: 2 }]);
  });
});

describe("a table is refused", () => {
  it("that has a column of a type that apache-arrow lacks", async () => {
    await expect(loadArtifact(await written("list-view.arrow"), blobs)).rejects.toMatchObject({
      code: "DECODE",
      message: 'An artifact of the codec "arrow" cannot be read: Unrecognized type: "ListView" (25).',
      fix: "Where a column has a type that apache-arrow lacks, give it another before it is stored, as with table.cast in Python.",
    });
  });

  it("that is none", async () => {
    const ref = { ...(await blobs.put(Buffer.from("PAR1 is another format"))), codec: "arrow", type: "Table" };
    await expect(loadArtifact(ref, blobs)).rejects.toMatchObject({
      code: "DECODE",
      message: expect.stringContaining("it begins neither as a file nor as a stream of Arrow's does"),
    });
  });

  it("where apache-arrow is not installed, which says how to have it", async () => {
    const ref = await written("pandas.arrow");
    vi.resetModules();
    vi.doMock("apache-arrow", () => {
      throw new Error("Cannot find package 'apache-arrow'");
    });
    const { loadArtifact } = await import("../../lib/data/artifacts.ts");
    await expect(loadArtifact(ref, blobs)).rejects.toMatchObject({
      code: "DECODE",
      message:
        'An artifact of the codec "arrow" cannot be read: it is a table, and the package apache-arrow is not installed.',
      fix: "Install it: npm install apache-arrow.",
    });
    vi.doUnmock("apache-arrow");
  });

  it("that another copy of the library has made, whose columns would be lost", async () => {
    const { tableFromArrays } = createRequire(import.meta.url)("apache-arrow") as typeof import("apache-arrow");
    await expect(store(tableFromArrays({ x: [1] }))).rejects.toMatchObject({
      code: "ENCODE",
      message: "this.table is a table of another copy of apache-arrow than the one here.",
      fix: "Have one copy of it: npm dedupe apache-arrow.",
    });
  });

  it("with dictionaries that a file cannot have", async () => {
    const table = tableFromArrays({ word: ["a"] }).concat(tableFromArrays({ word: ["b"] }));
    await expect(store(table)).rejects.toMatchObject({
      code: "ENCODE",
      message:
        "this.table is a table that cannot be written: The Arrow File format does not support replacement dictionaries.",
    });
  });

  it("inside of another value", async () => {
    await expect(store([tableFromArrays({ x: [1] })])).rejects.toMatchObject({
      code: "ENCODE",
      message: "this.table[0] is a table, which is stored by itself.",
    });
  });
});
