import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int32,
  Int64,
  List,
  Table,
  TimestampMicrosecond,
  Uint16,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decode, encode, loadCodec } from "../../lib/data/codecs/index.ts";
import type { RunEvent } from "../../lib/run/events.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { FlowFolder } from "../flow/flow-folder.ts";

/** A Python that has pandas: apt-get install python3-pandas. */
const python = "/usr/bin/python3";
const hasPandas = spawnSync(python, ["-c", "import pandas"]).status === 0;

/** Reads each artifact that it is sent, and answers with it as Python writes it, without what pandas knows of it. */
const program = `
import base64, json, sys
import pandas
from millrace.data.codecs import decode, encode
for line in sys.stdin:
    codec, _, content = encode(decode("arrow", bytearray(base64.b64decode(line))), "flow.table")
    print(base64.b64encode(content).decode(), flush=True)
`;

describe.skipIf(!hasPandas)("a table", () => {
  let answer: (content: Uint8Array) => Promise<Uint8Array>;
  let stop: () => void;
  beforeAll(async () => {
    await loadCodec("arrow");
    const child = spawn(python, ["-c", program], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PYTHONPATH: "lambdas/python" },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    answer = async (content) => {
      child.stdin.write(`${Buffer.from(content).toString("base64")}\n`);
      return new Uint8Array(Buffer.from(String((await lines.next()).value), "base64"));
    };
    stop = () => child.stdin.end();
  });
  afterAll(() => stop());

  const rowsOf = (table: Table) =>
    table
      .toArray()
      .map((row) => Object.fromEntries(Object.entries(row.toJSON()).map(([name, value]) => [name, plain(value)])));
  const plain = (value: unknown) =>
    typeof value === "object" && value !== null && "toArray" in value ? Array.from((value as Vector).toArray()) : value;

  const day = 86_400_000;
  /** Columns that come back from Python as they were; where a column of integers or truth values has nulls, Python has no type of its own for it. */
  const columnOf = (length: number) => {
    const of = <T>(values: fc.Arbitrary<T>) => fc.array(values, { minLength: length, maxLength: length });
    const optional = <T>(values: fc.Arbitrary<T>) => of(fc.option(values));
    const text = fc.string({ unit: "grapheme" });
    return fc.oneof(
      optional(text).map((values) => vectorFromArray(values, new Utf8())),
      optional(text).map((values) => vectorFromArray(values, new Dictionary(new Utf8(), new Int32()))),
      of(fc.integer({ min: -128, max: 127 })).map((values) => vectorFromArray(values, new Int8())),
      of(fc.integer({ min: 0, max: 65_535 })).map((values) => vectorFromArray(values, new Uint16())),
      of(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((values) => vectorFromArray(values, new Int64())),
      optional(fc.double({ noNaN: true })).map((values) => vectorFromArray(values, new Float64())),
      optional(fc.float({ noNaN: true })).map((values) => vectorFromArray(values, new Float32())),
      optional(fc.boolean()).map((values) => vectorFromArray(values, new Bool())),
      optional(fc.integer({ min: -100_000, max: 100_000 })).map((days) =>
        vectorFromArray(
          days.map((count) => (count === null ? null : new Date(count * day))),
          new DateDay(),
        ),
      ),
      optional(fc.integer({ min: -9e12, max: 9e12 })).map((values) =>
        vectorFromArray(values, new TimestampMicrosecond()),
      ),
      optional(fc.array(fc.double({ noNaN: true }), { maxLength: 3 })).map((values) =>
        vectorFromArray(values, new List(new Field("item", new Float64(), true))),
      ),
    );
  };
  const tables = fc
    .nat(12)
    .chain((length) =>
      fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), columnOf(length), { maxKeys: 5, minKeys: 1 }),
    )
    .map((columns) => new Table(columns as Record<string, Vector>));

  test("of TypeScript's comes back from Python with the same rows", async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const { bytes } = encode(table, "this.table");
        const back = decode("arrow", await answer(bytes)) as Table;
        expect(back.schema.names).toEqual(table.schema.names);
        expect(rowsOf(back)).toEqual(rowsOf(table));
      }),
      { numRuns: 150 },
    );
  });

  test("crosses a flow from language to language", async () => {
    vi.stubEnv("MILLRACE_PYTHON", python);
    const flow = new FlowFolder({
      "flow.yaml": `name: Crossing
artifacts: [table, more]
steps:
  start: { python: steps.py, next: look }
  look: { handler: "steps.ts#look", next: end }
  end: { python: steps.py }
`,
      "steps.py": `import pandas

def start(flow):
    flow.table = pandas.DataFrame({"name": ["a", None, "c"], "x": [0.5, float("nan"), 2.0], "n": [1, 2, 3]},
                                  index=pandas.Index([10, 20, 30], name="row"))

def end(flow):
    print(flow.table.loc[30, "n"], flow.table.index.name)
    print(flow.more.to_dict("list"))
`,
      "steps.ts": `import { tableFromArrays } from "apache-arrow";
export function look(flow: { readonly table: Iterable<{ toJSON(): object }>; more: unknown }): void {
  for (const row of flow.table) console.log(row.toJSON());
  flow.more = tableFromArrays({ x: Int32Array.of(1, 2) });
}
`,
    });
    mkdirSync(join(flow.path, "node_modules"));
    symlinkSync(join(process.cwd(), "node_modules/apache-arrow"), join(flow.path, "node_modules/apache-arrow"));
    const lines: string[] = [];
    const onEvent = (event: RunEvent) => {
      if (event.type === "lines") lines.push(...event.lines.map(({ text }) => text));
    };
    const run = await runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store"), onEvent });
    vi.unstubAllEnvs();
    expect(run.failure).toBeUndefined();
    expect(lines).toEqual([
      "{ name: 'a', x: 0.5, n: 1n, row: 10n }",
      "{ name: null, x: null, n: 2n, row: 20n }",
      "{ name: 'c', x: 2, n: 3n, row: 30n }",
      "3 row",
      "{'x': [1, 2]}",
    ]);
  });
});
