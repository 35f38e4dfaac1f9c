import { stripVTControlCharacters } from "node:util";

const gap = 2;
/** A column that is no wider stays as it is. */
const narrow = 20;

/** A table in a terminal, as wide as that at the most; in a pipe tab-separated lines, for `cut` and `awk`. */
export async function printTable(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  if (!process.stdout.isTTY) {
    process.stdout.write([head, ...rows].map((row) => `${row.map(oneField).join("\t")}\n`).join(""));
    return;
  }
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    head: [...head],
    style: { head: ["bold"], border: [], "padding-left": 0, "padding-right": gap },
    chars: Object.fromEntries(borders.map((name) => [name, ""])),
    colWidths: columnWidths([head, ...rows], process.stdout.columns),
    wordWrap: true,
  });
  table.push(...rows.map((row) => [...row]));
  // Padding behind the last text would wrap where the text itself does not.
  process.stdout.write(`${table.toString().replaceAll(/ +$/gm, "")}\n`);
}

const borders = [
  ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
  ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
] as const;

function oneField(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, " ");
}

/** As wide as their texts; where that is too wide for the terminal, the widest give way, though no word is cut: ids are copied from here. */
export function columnWidths(rows: readonly (readonly string[])[], available: number): number[] {
  const [head = []] = rows;
  const columns = head.map((_, column) => rows.map((row) => stripVTControlCharacters(row[column] ?? "")));
  const widths = columns.map((texts) => longest(texts, /\n/) + gap);
  const least = columns.map((texts, column) =>
    Math.max(longest(texts, /\s/) + gap, Math.min(widths[column] ?? 0, narrow)),
  );
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - available; excess > 0; excess--) {
    const room = widths.map((width, column) => width - (least[column] ?? 0));
    const widest = room.indexOf(Math.max(...room));
    if ((room[widest] ?? 0) <= 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function longest(texts: readonly string[], separator: RegExp): number {
  return Math.max(...texts.flatMap((text) => text.split(separator)).map((part) => part.length));
}
