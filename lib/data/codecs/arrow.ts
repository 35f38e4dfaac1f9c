import type { Table } from "apache-arrow";
import { DecodeError, EncodeError } from "../errors.ts";
import type { Codec } from "./codec.ts";

/** Tables carry it whichever copy of the library made them. */
const brand = Symbol.for("apache-arrow/Table");

/** The beginnings of a file and of a stream: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format */
const fileMagic = "ARROW1";
const continuation = 0xffffffff;

let library: Promise<typeof import("apache-arrow")> | undefined;
let loaded: typeof import("apache-arrow") | undefined;
let missing: unknown;

/** What each table was read from. Its columns are views of these bytes, so that one changed in place is seen there. */
const sources = new WeakMap<object, Uint8Array>();

/** Tables of the package `apache-arrow`, as Arrow IPC files. */
export const arrowCodec: Codec = {
  name: "arrow",
  mediaType: "application/vnd.apache.arrow.file",
  async load() {
    library ??= import("apache-arrow");
    try {
      loaded = await library;
    } catch (error) {
      missing = error;
    }
  },
  matches: isTable,
  encode(value, at) {
    const source = sources.get(value as Table);
    if (source !== undefined) return source;
    // The library takes tables of its other copies, and writes them without their columns.
    if (!loaded || Object.getPrototypeOf(value) !== loaded.Table.prototype) {
      const fix = "Have one copy of it: npm dedupe apache-arrow.";
      throw new EncodeError(at, "is a table of another copy of apache-arrow than the one here", fix, missing);
    }
    try {
      return loaded.tableToIPC(value as Table, "file");
    } catch (error) {
      const fix = "Give each of its columns a type, and in all its batches one dictionary, that Arrow has in files.";
      throw new EncodeError(at, `is a table that cannot be written: ${reasonOf(error)}`, fix, error);
    }
  },
  decode(bytes) {
    if (loaded === undefined) {
      throw new DecodeError("arrow", "it is a table, and the package apache-arrow is not installed", {
        fix: "Install it: npm install apache-arrow.",
        cause: missing,
      });
    }
    if (!isArrow(bytes)) throw new DecodeError("arrow", "it begins neither as a file nor as a stream of Arrow's does");
    try {
      const table = loaded.tableFromIPC(bytes);
      sources.set(table, bytes);
      return table;
    } catch (error) {
      throw new DecodeError("arrow", reasonOf(error), {
        fix: "Where a column has a type that apache-arrow lacks, give it another before it is stored, as with table.cast in Python.",
        cause: error,
      });
    }
  },
};

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && brand in value;
}

function isArrow(bytes: Uint8Array): boolean {
  const begin = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 8));
  return begin.toString("latin1", 0, 6) === fileMagic || (begin.length >= 4 && begin.readUInt32LE() === continuation);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, "");
}
