import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { printable } from "../../bin/terminal/output.ts";
import { RunDisplay } from "../../bin/terminal/run-display.ts";
import { columnWidths } from "../../bin/terminal/table.ts";
import type { RunEvent } from "../../lib/run/events.ts";

/** A terminal of so many columns. */
function terminal(columns: number): { readonly stream: WriteStream; output(): Promise<string> } {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, getColorDepth: () => 8 });
  return {
    stream: stream as unknown as WriteStream,
    output: () => {
      stream.end();
      return text(stream);
    },
  };
}

const run = {
  flow: "Train",
  run: "r1",
  status: "running" as const,
  startedAt: "2026-11-23T12:00:00.000Z",
  parameters: {},
  tags: [],
  owner: { kind: "process" as const, host: "laptop", pid: 1, began: "" },
};
const began: RunEvent = { type: "run-started", run };
const task = (step: string, path = "") => ({ task: { step, path, visit: 0 }, attempt: 0 });
const started = (step: string, path?: string): RunEvent => ({ type: "task-started", ...task(step, path) });
const succeeded = (step: string, path?: string): RunEvent => ({
  type: "task-succeeded",
  ...task(step, path),
  seconds: 1,
});
const line = (step: string, text: string): RunEvent => ({
  type: "lines",
  ...task(step),
  lines: [{ time: "", stream: "stdout", text }],
});
const ended = (more: Partial<(RunEvent & { type: "run-ended" })["run"]>): RunEvent => ({
  type: "run-ended",
  run: { ...run, endedAt: "2026-11-23T12:00:01.500Z", ...more },
});

describe("a run on a terminal", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Shows events; at a `"look"` some time goes by. */
  async function shown(columns: number, events: readonly (RunEvent | "look")[]): Promise<string> {
    const { stream, output } = terminal(columns);
    const display = new RunDisplay(false, { stdout: stream, stderr: stream });
    for (const event of events) {
      if (event === "look") vi.advanceTimersByTime(100);
      else display.show(event);
    }
    display.close();
    return await output();
  }

  const erase = "\u001b[1G\u001b[2K";

  test("has a last line that tells what runs, and lines go above it", async () => {
    const output = await shown(80, [
      began,
      started("start"),
      "look",
      line("start", "hello"),
      succeeded("start"),
      started("fit", "0"),
      started("fit", "1"),
      started("score"),
      "look",
      ended({ status: "succeeded" }),
    ]);
    expect(output).toBe(
      [
        "\u001b[1mTrain\u001b[22m run r1\n",
        `0 done · start${erase}`,
        "\u001b[2mr1/\u001b[22m\u001b[36mstart/0\u001b[39m hello\n",
        `0 done · start${erase}`,
        `1 done · fit ×2, score${erase}`,
        "\u001b[32mTrain succeeded: 1 task in 1.50 s\u001b[39m\n",
      ].join(""),
    );
  });

  test("says before the run which environment is built, and of an exception without a message its name", async () => {
    const failure = { name: "AssertionError", message: "" };
    const task = { step: "fit", path: "", visit: 0 };
    const output = await shown(80, [
      { type: "environment-building", packages: "numpy, pandas" },
      began,
      { type: "task-failed", task, attempt: 0, failure },
    ]);
    expect(output).toContain("Building the Python environment with numpy, pandas …");
    expect(output).toContain("failed: AssertionError\u001b[39m\n");
  });

  test("says which task left behind what failed after its end", async () => {
    const failure = { name: "Error", message: "too late", stack: "    at flow.ts:3:1" };
    const output = await shown(80, [began, { type: "late-error", ...task("fit", "3"), failure }]);
    expect(stripVTControlCharacters(output)).toBe(
      "Train run r1\nr1/fit/3 left a timer or a promise behind, which failed after the step's end; await or clear it: Error: too late\n    at flow.ts:3:1\n",
    );
  });

  test("cuts that line where a narrow terminal would wrap it", async () => {
    const output = await shown(16, [began, started("a-step-with-a-long-name"), "look"]);
    expect(output).toBe(`\u001b[1mTrain\u001b[22m run r1\n0 done · a-step${erase}`);
  });

  test("writes that line for a thousand tasks as often as somebody could look", async () => {
    const many = Array.from({ length: 1000 }, (_, index) => [started("fit", `${index}`), succeeded("fit", `${index}`)]);
    const output = await shown(80, [began, ...many.flat(), started("join"), "look"]);
    expect(output).toBe(`\u001b[1mTrain\u001b[22m run r1\n1000 done · join${erase}`);
  });

  test.each([
    [
      "failed in a task",
      { status: "failed", failure: { name: "Error", message: "why", ...task("fit", "3") } },
      "Train failed in fit/3 after 1.50 s: 0 tasks succeeded",
    ],
    [
      "failed by itself",
      { status: "failed", failure: { name: "STORE_FULL", message: "There is no room left." } },
      "Train failed after 1.50 s: 0 tasks succeeded\nSTORE_FULL: There is no room left.",
    ],
    ["interrupted", { status: "interrupted" }, "Train interrupted after 1.50 s: 0 tasks succeeded"],
  ] as const)("tells how it ended: %s", async (_, end, expected) => {
    expect(stripVTControlCharacters(await shown(80, [ended(end)]))).toBe(`${expected}\n`);
  });
});

describe("a table", () => {
  const rows = [
    ["flow", "run", "tags"],
    ["Train", "20261123-184309-417-7kq2", "one two three four five six seven"],
  ];

  test("is as wide as its texts", () => {
    expect(columnWidths(rows, 200)).toEqual([7, 26, 35]);
  });

  test("in a narrow terminal wraps its longest texts, and cuts no id", () => {
    expect(columnWidths(rows, 60)).toEqual([7, 26, 27]);
    expect(columnWidths(rows, 10)).toEqual([7, 26, 20]);
  });

  test("does not count colours", () => {
    expect(columnWidths([["status"], ["\u001b[32msucceeded\u001b[39m"]], 80)).toEqual([11]);
  });
});

test("text of others cannot steer the terminal", () => {
  expect(printable("a\u001b[2Jb\rc\u009bd\u0000\ttab\nline")).toBe("a\\x1b[2Jb\\x0dc\\x9bd\\x00\ttab\nline");
});
