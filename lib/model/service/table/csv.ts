import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import type { Column, Columns } from "./columns.ts";

export function readCsv(bytes: Uint8Array, { known }: Columns): unknown[] {
  const records: Record<string, string>[] = parse(bytes, { columns: unambiguous, bom: true, skip_empty_lines: true });
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, text]) => {
        const value = cellValue(text, known.get(name));
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  );
}

/** The header, as it is. Cells without a name, as spreadsheets leave them at the end of lines, are no columns. */
function unambiguous(header: readonly string[]): string[] {
  const names = new Set<string>();
  for (const name of header) {
    if (name !== "" && names.has(name)) throw new SyntaxError(`the header has the column ${name} more than once`);
    names.add(name);
  }
  return [...header];
}

export function writeCsv(rows: readonly object[], { known }: Columns): string {
  return stringify(rows as object[], { header: true, columns: [...known.keys()], cast: { boolean: String } });
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
