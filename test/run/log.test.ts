import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AttemptLog } from "../../lib/run/log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The lines of what came in these pieces, as they are told and as they are on file. */
function linesOf(...pieces: readonly string[]): string[] {
  const told: string[] = [];
  const log = new AttemptLog(folder, "lines.jsonl", (lines) => told.push(...lines.map(({ text }) => text)));
  for (const piece of pieces) log.write("stderr", piece);
  log.close();
  const file = readFileSync(join(folder, "lines.jsonl"), "utf8").trim().split("\n");
  expect(file.map((line) => JSON.parse(line).text)).toEqual(told);
  return told;
}

test("a line may come in pieces, and end with the task", () => {
  expect(linesOf("a\nb", "c\r", "\nd")).toEqual(["a", "bc", "d"]);
});

test("of a line that is written over, as by a progress bar, the last state is kept", () => {
  expect(linesOf("\r 0%", "\r 5", "0%\r", "100%\n", "done\n")).toEqual(["100%", "done"]);
  rmSync(join(folder, "lines.jsonl"));
  expect(linesOf("1\r2\r\r\n\r\n3\r4")).toEqual(["2", "", "4"]);
});
