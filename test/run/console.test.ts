import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConsoleReader, type ConsoleSink, ConsoleWriter } from "../../lib/run/console.ts";
import type { Stream } from "../../lib/run/protocol.ts";
import { TestStore } from "./store.ts";

let store: TestStore;
beforeAll(async () => {
  store = await TestStore.make();
});
afterAll(() => store.remove());

describe.each(["thread", "process"])("the console of a step in a %s", (where) => {
  test("comes whole and in order, however much is written at a time", async () => {
    const { run } = await store.run("console.ts#Sizes", { where });

    expect(run.status).toBe("succeeded");
    const lines = await store.log(run, where);
    expect(lines.map((line) => line.length)).toEqual([0, 1, 999, 262_143, 262_144, 262_145, 1_000_000].map(withStream));
    expect(new Set(lines.join("").replaceAll("stdout: ", ""))).toEqual(new Set("é"));
  });

  test("keeps the order of lines to both streams", async () => {
    const { run } = await store.run("console.ts#BothStreams", { where });

    const expected = Array.from({ length: 1000 }, (_, i) => [`stdout: out ${i}`, `stderr: err ${i}`]).flat();
    expect(await store.log(run, where)).toEqual(expected);
  });

  test("is taken many lines at a time where it is a flood", async () => {
    const { run, events } = await store.run("console.ts#Flood", { where });

    const batches = events.flatMap((event) => (event.type === "lines" ? [event.lines.length] : []));
    expect(batches.reduce((sum, length) => sum + length, 0)).toBe(100_000);
    expect(batches.length).toBeLessThan(50_000);
    expect(await store.log(run, where)).toEqual(Array.from({ length: 100_000 }, (_, i) => `stdout: line ${i}`));
  });

  test("is shown while the step is busy", async () => {
    const seen = join(store.folder, `seen-${where}`);
    const onEvent = (event: { readonly type: string }) => {
      if (event.type === "lines") writeFileSync(seen, "");
    };
    const { run } = await store.run("console.ts#Busy", { where, seen }, { onEvent });

    expect(run.failure).toBeUndefined();
  });
});

test("each of many tiny tasks that share a thread has its own lines", async () => {
  const { run } = await store.run("console.ts#Tiny", {}, { maxWorkers: 1 });

  const tasks = await store.read((records) => records.tasks(run.flow, run.run, "body"));
  expect(tasks).toHaveLength(300);
  for (const [index, { attempts }] of tasks.entries()) {
    const [attempt] = attempts;
    expect(await store.lines(attempt?.log)).toEqual([`stdout: ${index}`]);
  }
});

const writes = fc.array(
  fc.oneof(
    fc.record({
      stream: fc.constantFrom<Stream>("stdout", "stderr"),
      text: fc.string({ unit: "binary", minLength: 1 }),
    }),
    fc.constant("end" as const),
  ),
);

test("what is written to the console is what is read, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(writes, fc.integer({ min: 1, max: 7 }), (written, size) => {
      const bytes: number[] = [];
      const sink: ConsoleSink = {
        byte: (byte) => bytes.push(byte),
        text: (text) => bytes.push(...Buffer.from(text)),
      };
      const writer = new ConsoleWriter(sink);
      const expected: string[] = [];
      let attempt = 0;
      for (const write of written) {
        if (write === "end") {
          writer.endAttempt();
          attempt++;
        } else {
          writer.write(write.stream, write.text);
          expected.push(...[...write.text].map((character) => `${attempt} ${write.stream} ${character}`));
        }
      }

      const read: string[] = [];
      let current = 0;
      const reader = new ConsoleReader((stream, text) =>
        read.push(...[...text].map((character) => `${current} ${stream} ${character}`)),
      );
      for (let from = 0; from < bytes.length; from += size) {
        reader.add(Buffer.from(bytes.slice(from, from + size)));
        while (reader.hasEnded) {
          current++;
          reader.nextAttempt();
        }
      }
      expect(read).toEqual(expected);
    }),
  );
});

/** As long as the line of a log is in a test. */
function withStream(length: number): number {
  return "stdout: ".length + length;
}
