import type { DataType, Vector } from "apache-arrow";
import type { Columns } from "../columns.ts";
import { arrow } from "./library.ts";

/**
 * Rows as a table of Arrow's: whole numbers as `Int64`, others as `Float64`, truth values, texts, and lists of these. Dates are texts, as in JSON;
 * what else there is is written as JSON.
 */
export function writeArrow(rows: readonly object[], { known }: Columns, format: "stream" | "file"): Uint8Array {
  const { Table, tableToIPC } = arrow();
  const names = known.size > 0 ? [...known.keys()] : [...new Set(rows.flatMap(Object.keys))];
  const columns = names.map((name): [string, Vector] => {
    const values = rows.map((row) => (row as Record<string, unknown>)[name] ?? null);
    return [name, column(values, known.get(name)?.types ?? new Set())];
  });
  return tableToIPC(new Table(Object.fromEntries(columns)), format);
}

function column(values: readonly unknown[], types: ReadonlySet<string>): Vector {
  const { vectorFromArray } = arrow();
  const { type, convert } = arrowType(values, types);
  return vectorFromArray(
    values.map((value) => (value === null ? null : convert(value))),
    type,
  );
}

interface ArrowType {
  readonly type: DataType;
  readonly convert: (value: unknown) => unknown;
}

const same = (value: unknown) => value;

function arrowType(values: readonly unknown[], types: ReadonlySet<string>): ArrowType {
  const { Bool, Field, Float64, Int64, List, Null, Utf8 } = arrow();
  const found = types.size > 0 ? types : new Set(values.map((value) => (value === null ? "null" : typeof value)));
  const kinds = [...found].filter((kind) => kind !== "null");
  const are = (...names: readonly string[]) => kinds.length > 0 && kinds.every((kind) => names.includes(kind));
  if (are("integer")) return { type: new Int64(), convert: (value) => BigInt(value as number) };
  if (are("integer", "number")) return { type: new Float64(), convert: same };
  if (are("boolean")) return { type: new Bool(), convert: same };
  if (are("string")) return { type: new Utf8(), convert: same };
  if (kinds.length === 0) return { type: new Null(), convert: same };
  const lists = values.filter((value) => value !== null);
  if (lists.every(Array.isArray)) {
    const items = arrowType(lists.flat(), new Set());
    const convert = (value: unknown) => (value as unknown[]).map(items.convert);
    return { type: new List(new Field("item", items.type)), convert };
  }
  return { type: new Utf8(), convert: (value) => (typeof value === "string" ? value : JSON.stringify(value)) };
}
