/** A table in a terminal; in a pipe tab-separated lines, for `cut` and `awk`. */
export async function printTable(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  if (!process.stdout.isTTY) {
    process.stdout.write([head, ...rows].map((row) => `${row.map(oneField).join("\t")}\n`).join(""));
    return;
  }
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    head: [...head],
    style: { head: ["bold"], border: [], "padding-left": 0, "padding-right": 2 },
    chars: Object.fromEntries(borders.map((name) => [name, ""])),
  });
  table.push(...rows.map((row) => [...row]));
  process.stdout.write(`${table.toString()}\n`);
}

const borders = [
  ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
  ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
] as const;

function oneField(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, " ");
}
