import { jsonMedia, type Media } from "../media.ts";
import { hasArrow, loadArrow } from "./arrow/library.ts";
import { readArrow } from "./arrow/read.ts";
import { writeArrow } from "./arrow/write.ts";
import type { Columns } from "./columns.ts";
import { readCsv, writeCsv } from "./csv.ts";

export const arrowStream = "application/vnd.apache.arrow.stream";
export const arrowFile = "application/vnd.apache.arrow.file";

/**
 * How tables travel.
 *
 * @param types Those that are taken; Arrow's only where the package is there.
 */
export function tableMedia(types: readonly string[], columns: () => Columns): Media {
  const withoutArrow = types.filter((type) => type !== arrowStream && type !== arrowFile);
  return {
    get types() {
      return hasArrow() ? types : withoutArrow;
    },
    load: loadArrow,
    decode(bytes, type, name) {
      if (type === "text/csv") return readCsv(bytes, columns());
      if (type === arrowStream || type === arrowFile) return readArrow(bytes, columns());
      return jsonMedia.decode(bytes, type, name);
    },
    encode(value, type) {
      if (type === "text/csv") {
        return { type: "text/csv; charset=utf-8", body: writeCsv(value as readonly object[], columns()) };
      }
      if (type === arrowStream) return { type, body: writeArrow(value as readonly object[], columns(), "stream") };
      if (type === arrowFile) return { type, body: writeArrow(value as readonly object[], columns(), "file") };
      return jsonMedia.encode(value);
    },
  };
}
