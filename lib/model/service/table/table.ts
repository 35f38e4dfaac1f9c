import { z } from "zod";
import { withMedia } from "../media.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { arrowFile, arrowStream, tableMedia } from "./media.ts";

/**
 * A table: an array of rows, each an object with a member for each column. It travels as JSON, as CSV with a header line (`text/csv`), and, where
 * the package `apache-arrow` is installed, in Arrow's formats (`application/vnd.apache.arrow.stream` and `….file`); answers are JSON unless the
 * request's `Accept` wants another. In CSV, the schema says which columns are numbers or booleans. An empty cell is `null` where the column may be,
 * and missing where it is optional.
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
  let columns: Columns | undefined;
  const media = tableMedia(["application/json", "text/csv", arrowStream, arrowFile], () => {
    columns ??= columnsOf(z.toJSONSchema(row, { io: "input", unrepresentable: "any" }));
    return columns;
  });
  return withMedia(z.array(row), media);
}
