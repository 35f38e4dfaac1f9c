import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import { jsonMedia, withMedia } from "./media.ts";

/** A column, as far as its texts in a CSV file are concerned. */
interface Column {
  readonly types: ReadonlySet<string>;
  readonly isRequired: boolean;
}

/**
 * A table: an array of rows, each an object with a member for each column. It travels as JSON, or as CSV with a header line (`text/csv`); answers
 * are JSON unless the request's `Accept` wants the other. In CSV, the schema says which columns are numbers or booleans; an empty cell is `null`
 * where the column may be, and missing where it is optional.
 *
 * @param row The schema of a row.
 * @example
 * ```ts
 * const flowers = table(z.object({ sepalLength: z.number(), sepalWidth: z.number(), origin: z.string().optional() }));
 *
 * @api({ input: flowers, output: table(z.object({ species: z.string() })), batch: { maxSize: 100 } })
 * predict(rows: z.infer<typeof flowers>) { … }
 * ```
 */
export function table<Row extends z.ZodObject>(row: Row): z.ZodArray<Row> {
  let columns: ReadonlyMap<string, Column> | undefined;
  const known = () => {
    columns ??= columnsOf(row);
    return columns;
  };
  return withMedia(z.array(row), {
    types: ["application/json", "text/csv"],
    decode: (bytes, type, name) =>
      type === "text/csv" ? fromCsv(bytes, known()) : jsonMedia.decode(bytes, type, name),
    encode: (value, type) =>
      type === "text/csv"
        ? {
            type: "text/csv; charset=utf-8",
            body: stringify(value as object[], {
              header: true,
              columns: [...known().keys()],
              cast: { boolean: String },
            }),
          }
        : jsonMedia.encode(value),
  });
}

function fromCsv(bytes: Uint8Array, columns: ReadonlyMap<string, Column>): unknown[] {
  const records: Record<string, string>[] = parse(bytes, { columns: true, bom: true, skip_empty_lines: true });
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, text]) => {
        const value = cellValue(text, columns.get(name));
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  );
}

/** A text that is no value of its column stays as it is: the schema says what is wrong with it, and where. */
function cellValue(text: string, column: Column | undefined): unknown {
  if (column === undefined) return text;
  const { types, isRequired } = column;
  if (text === "" && types.has("null")) return null;
  if (text === "" && !isRequired) return undefined;
  if ((types.has("number") || types.has("integer")) && text.trim() !== "" && !Number.isNaN(Number(text)))
    return Number(text);
  if (types.has("boolean") && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text;
}

function columnsOf(row: z.ZodObject): ReadonlyMap<string, Column> {
  const { properties = {}, required = [] } = z.toJSONSchema(row, { io: "input", unrepresentable: "any" });
  return new Map(
    Object.entries(properties).map(([name, schema]) => [
      name,
      { types: typesOf(schema), isRequired: required.includes(name) },
    ]),
  );
}

function typesOf(schema: z.core.JSONSchema._JSONSchema): ReadonlySet<string> {
  if (typeof schema === "boolean") return new Set();
  const { type, anyOf = [], oneOf = [] } = schema;
  return new Set([...[type ?? []].flat(), ...[...anyOf, ...oneOf].flatMap((one) => [...typesOf(one)])]);
}
