import type { Data, DataType, RecordBatch, Vector } from "apache-arrow";
import { type Columns, emptyCell } from "../columns.ts";
import { arrow } from "./library.ts";
import { wholeTable } from "./stream.ts";

/** What is read may be larger than its bytes, as with categories, but not without bounds. In bytes, as they are in memory. */
const leastRoom = 32 * 2 ** 20;
const roomPerByte = 16;
const cellSize = 8;
const rowSize = 16;

/** Cells of a column by row. */
type Read = (row: number) => unknown;

/** Counts what is read. @throws SyntaxError where it is more than the bytes may be */
type Spend = (size: number) => void;

/**
 * The rows of a table in one of Arrow's formats. What is no value of its column is the schema's to refuse.
 *
 * @param bytes From outside: no length in them is believed.
 * @throws SyntaxError where they are damaged, or have a column that no table here has.
 */
export function readArrow(bytes: Uint8Array, columns: Columns): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  let room = Math.max(leastRoom, roomPerByte * bytes.length);
  const spend = (size: number) => {
    room -= size;
    if (room < 0) throw new SyntaxError("it is much larger than its bytes: send fewer rows, or categories, at a time");
  };
  try {
    for (const batch of arrow().RecordBatchReader.from(wholeTable(bytes))) readBatch(batch, columns, rows, spend);
    return rows;
  } catch (cause) {
    throw cause instanceof SyntaxError ? cause : new SyntaxError("it is damaged", { cause });
  }
}

function readBatch({ schema, data }: RecordBatch, columns: Columns, rows: Record<string, unknown>[], spend: Spend) {
  const { length } = data;
  spend(length * (rowSize + cellSize * schema.fields.length));
  const first = rows.length;
  for (let i = 0; i < length; i++) rows.push({});
  const seen = new Set<string>();
  for (const [index, { name }] of schema.fields.entries()) {
    const column = columns.known.get(name);
    if (column === undefined && !columns.readsOthers) continue;
    const part = data.children[index];
    if (seen.has(name) || name === "__proto__" || part === undefined) {
      throw new SyntaxError(`it has the column ${JSON.stringify(name)} twice, or without values`);
    }
    seen.add(name);
    if (part.length !== length)
      throw new SyntaxError(`the column ${name} has ${part.length} values for ${length} rows`);
    const read = reader(part, name, spend);
    const empty = column === undefined ? null : emptyCell(column);
    for (let i = 0; i < length; i++) {
      const value = read(i) ?? empty;
      if (value !== undefined) (rows[first + i] as Record<string, unknown>)[name] = value;
    }
  }
}

/** @param name The column's, for errors. */
function reader(data: Data, name: string, spend: Spend): Read {
  const { DataType, Vector } = arrow();
  const { type } = data;
  if (DataType.isNull(type)) return () => null;
  if (DataType.isDictionary(type)) return dictionaryReader(data, type.dictionary, name, spend);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return listReader(data, name, spend);
  const convert = converter(type, name, spend);
  assertComplete(data, name);
  const vector: Vector = new Vector([data]);
  return (row) => {
    const value = vector.get(row);
    return value === null ? null : convert(value);
  };
}

function dictionaryReader(data: Data, type: DataType, name: string, spend: Spend): Read {
  const { dictionary, values } = data;
  assertComplete(data, name);
  for (const part of dictionary?.data ?? []) assertComplete(part, name);
  const convert = converter(type, name, spend);
  return (row) => {
    if (!data.getValid(row)) return null;
    const index = Number(values[row]);
    if (dictionary === undefined || !(index >= 0 && index < dictionary.length)) {
      throw new SyntaxError(`the column ${name} has no category ${index}, at row ${row}`);
    }
    const value = dictionary.get(index);
    return value === null ? null : convert(value);
  };
}

function listReader(data: Data, name: string, spend: Spend): Read {
  const [items] = data.children;
  assertComplete(data, name);
  if (items === undefined) throw new SyntaxError(`the column ${name} has lists without a type`);
  const read = reader(items, name, spend);
  const { valueOffsets, type } = data;
  const size = arrow().DataType.isFixedSizeList(type) ? type.listSize : undefined;
  const offset = (row: number) => (size === undefined ? Number(valueOffsets[row]) : row * size);
  return (row) => {
    if (!data.getValid(row)) return null;
    const [from, to] = [offset(row), offset(row + 1)];
    if (!(from >= 0 && from <= to && to <= items.length)) {
      throw new SyntaxError(`the column ${name} has a list outside of its values, at row ${row}`);
    }
    spend(rowSize + cellSize * (to - from));
    return Array.from({ length: to - from }, (_, i) => read(from + i));
  };
}

/** A length is the message's, and the bytes are what there is. */
function assertComplete({ type, length, values, valueOffsets, stride }: Data, name: string): void {
  const { DataType } = arrow();
  const has = (buffer: ArrayLike<unknown> | undefined, count: number) => (buffer?.length ?? 0) >= count;
  const isComplete =
    DataType.isNull(type) || DataType.isFixedSizeList(type)
      ? true
      : DataType.isBool(type)
        ? has(values, Math.ceil(length / 8))
        : DataType.isUtf8View(type)
          ? has(values, 16 * length)
          : DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isList(type)
            ? has(valueOffsets, length > 0 ? length + 1 : 0)
            : has(values, length * stride);
  if (!isComplete) throw new SyntaxError(`the column ${name} is shorter than its ${length} rows`);
}

/** How a value becomes the one that JSON would have had. */
function converter(type: DataType, name: string, spend: Spend): (value: unknown) => unknown {
  const { DataType } = arrow();
  if (DataType.isBool(type) || DataType.isFloat(type)) return (value) => value;
  if (DataType.isInt(type)) return (value) => (typeof value === "bigint" ? wholeNumber(value) : value);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) {
    return (value) => {
      spend((value as string).length);
      return value;
    };
  }
  if (DataType.isDate(type)) return (value) => dateText(value)?.slice(0, 10) ?? value;
  if (DataType.isTimestamp(type)) return (value) => dateText(value) ?? value;
  throw new SyntaxError(`the column ${name} is of Arrow's type ${type}, which a table here cannot have`);
}

/** One that a number cannot hold stays as it is, which no schema of numbers takes. */
function wholeNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function dateText(value: unknown): string | undefined {
  const date = new Date(Number(value));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
