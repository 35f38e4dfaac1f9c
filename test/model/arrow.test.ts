import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DateDay,
  DateMillisecond,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Int8,
  Int32,
  Int64,
  List,
  makeData,
  Null,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { loadCodec } from "../../lib/data/codecs/index.ts";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { loadArrow } from "../../lib/model/service/table/arrow/library.ts";
import { readArrow } from "../../lib/model/service/table/arrow/read.ts";
import { columnsOf } from "../../lib/model/service/table/columns.ts";
import { Lookup } from "./fixtures/lookup.ts";
import { Readings } from "./fixtures/readings.ts";
import { startServer } from "./support/server-process.ts";

const stream = "application/vnd.apache.arrow.stream";
const file = "application/vnd.apache.arrow.file";

let server: Server;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-arrow-"));
  const service = new Readings().pack("factor", 2);
  server = await serve(
    { service, description: describeService(Readings), version: "1" },
    { port: 0, logLevel: "silent" },
  );
  await loadArrow();
});
afterAll(async () => {
  await server.close();
  await rm(scratch, { recursive: true, force: true });
});

async function post(path: string, type: string, body: string | Uint8Array, accept = "*/*", url = server.url) {
  const headers = { "content-type": type, accept };
  const response = await fetch(`${url}${path}`, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const answered = response.headers.get("content-type") ?? "";
  const json = answered.startsWith("application/json") ? JSON.parse(Buffer.from(bytes).toString()) : undefined;
  return { status: response.status, type: answered, bytes, json };
}

function ipc(columns: Record<string, Vector>, format: "stream" | "file" = "stream"): Uint8Array {
  return tableToIPC(new Table(columns), format);
}

const readings = {
  sensor: vectorFromArray(["a", "b", "ü"], new Utf8()),
  count: vectorFromArray([1, 2, 3], new Int32()),
  level: vectorFromArray([0.5, null, 1.5], new Float32()),
};
const rows = [
  { sensor: "a", count: 1, level: 1 },
  { sensor: "b", count: 2, level: null },
  { sensor: "ü", count: 3, level: 3 },
];

describe("a table in Arrow's formats", () => {
  it("is taken as a stream and as a file, and answered as Accept says", async () => {
    expect(await post("/scale", stream, ipc(readings))).toMatchObject({ status: 200, json: rows });
    expect(await post("/scale", file, ipc(readings, "file"))).toMatchObject({ status: 200, json: rows });
    for (const type of [stream, file]) {
      const answer = await post("/scale", "application/json", JSON.stringify(rows), `text/html, ${type};q=0.9`);
      expect(answer).toMatchObject({ status: 200, type });
      const table = tableFromIPC(answer.bytes);
      expect(table.schema.fields.map(String)).toEqual([
        "sensor: Utf8",
        "count: Int64",
        "level: Float64",
        "isOk: Bool",
        "at: Utf8",
        "samples: List<Null>",
      ]);
      expect(table.toArray().map((row) => ({ ...row?.toJSON() }))).toMatchObject([
        { sensor: "a", count: 1n, level: 2, isOk: null, at: null, samples: null },
        { sensor: "b", count: 2n, level: null },
        { sensor: "ü", count: 3n, level: 6 },
      ]);
      // What is answered is taken.
      expect((await post("/scale", type, answer.bytes)).json).toMatchObject([
        { level: 4 },
        { level: null },
        { level: 12 },
      ]);
    }
    const none = await post("/scale", "application/json", "[]", stream);
    expect(tableFromIPC(none.bytes)).toMatchObject({ numRows: 0, numCols: 6 });
  });

  it("is SageMaker's to send, and is in the OpenAPI document", async () => {
    expect((await post("/invocations", stream, ipc(readings))).json).toEqual(rows);
    const { paths } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
    const { requestBody, responses } = paths["/scale"].post;
    const types = ["application/json", "text/csv", stream, file];
    expect(Object.keys(requestBody.content)).toEqual(types);
    expect(Object.keys(responses[200].content)).toEqual(types);
  });

  it("has categories, dates, whole numbers of 64 bits and lists as JSON would have them", async () => {
    const samples = new FixedSizeList(2, new Field("item", new Float32()));
    const answer = await post(
      "/scale",
      stream,
      ipc({
        sensor: vectorFromArray(["a", "b", "a"], new Dictionary(new Utf8(), new Int8())),
        count: vectorFromArray([1n, 2n, 3n], new Int64()),
        level: vectorFromArray([null, null, null], new Null()),
        isOk: vectorFromArray([true, null, false]),
        at: vectorFromArray([new Date("2026-01-02T03:04:05.678Z"), null, new Date(0)], new TimestampMicrosecond()),
        samples: vectorFromArray(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          samples,
        ),
        unknown: vectorFromArray([1, 2, 3], new Uint8()),
      }),
    );
    expect(answer.json).toEqual([
      { sensor: "a", count: 1, level: null, isOk: true, at: "2026-01-02T03:04:05.678Z", samples: [1, 2] },
      { sensor: "b", count: 2, level: null, samples: [3, 4] },
      { sensor: "a", count: 3, level: null, isOk: false, at: "1970-01-01T00:00:00.000Z", samples: [5, 6] },
    ]);
    const days = { a: vectorFromArray([new Date("2026-01-02")], new DateDay()) };
    const times = { a: vectorFromArray([new Date("2026-01-02T00:00:00Z")], new DateMillisecond()) };
    const dated = columnsOf(z.toJSONSchema(z.object({ a: z.iso.date() })));
    expect([ipc(days), ipc(times)].map((bytes) => readArrow(bytes, dated))).toEqual([
      [{ a: "2026-01-02" }],
      [{ a: "2026-01-02" }],
    ]);
  });

  it("is answered with JSON's texts for what Arrow has no column for", async () => {
    const { bytes } = await post("/shout", stream, ipc({ name: vectorFromArray(["x"], new Utf8()) }), stream);
    const [row] = tableFromIPC(bytes).toArray();
    expect(row?.toJSON()).toEqual({ name: "X", length: 1n, more: '{"of":["x"]}' });
  });

  it("of pandas and pyarrow is read", async () => {
    const bytes = await readFile("test/data/fixtures/pandas.arrow");
    expect(readArrow(bytes, columnsOf(true))).toEqual([
      { name: "a", x: 1.5, n: 1, kind: "u", at: "2026-01-01T00:00:00.000Z", row: 10 },
      { name: null, x: null, n: 2, kind: "v", at: "2026-01-02T00:00:00.000Z", row: 20 },
      { name: "c", x: -2, n: 3, kind: "u", at: null, row: 30 },
    ]);
  });
});

describe("a table that is refused", () => {
  const refusal = async (bytes: Uint8Array, path = "/scale") => {
    const { status, json } = await post(path, stream, bytes);
    expect(status).toBe(400);
    return json.error;
  };

  it("has a value of another type, with its row and column", async () => {
    const sensor = vectorFromArray([1, 2, 3], new Int32());
    expect((await refusal(ipc({ ...readings, sensor }))).issues[0]).toEqual({
      path: "[0].sensor",
      message: "Invalid input: expected string, received number",
    });
    const count = vectorFromArray([1n, 2n, 2n ** 60n], new Int64());
    expect((await refusal(ipc({ ...readings, count }))).issues).toEqual([
      { path: "[2].count", message: "Invalid input: expected number, received bigint" },
    ]);
    const nothing = vectorFromArray([1, null, 3], new Int32());
    expect((await refusal(ipc({ ...readings, count: nothing }))).issues[0].path).toBe("[1].count");
  });

  it("has a column under another name, or one too many where the schema is strict", async () => {
    const { count, level } = readings;
    expect((await refusal(ipc({ count, level, Sensor: readings.sensor }))).issues[0]).toMatchObject({
      path: "[0].sensor",
    });
    const strict = await refusal(ipc({ name: readings.sensor, age: count }), "/shout");
    expect(strict.issues[0]).toEqual({ path: "[0]", message: 'Unrecognized key: "age"' });
  });

  it("has a column of a type that no table has", async () => {
    const point = vectorFromArray([{ x: 1 }], new Struct([new Field("x", new Int32())]));
    expect(await refusal(ipc({ ...readings, sensor: point as Vector }))).toMatchObject({
      code: "MALFORMED_INPUT",
      message: `The body is not ${stream}: the column sensor is of Arrow's type Struct<{x:Int32}>, which a table here cannot have.`,
    });
  });

  it.each([
    ["nothing", () => new Uint8Array()],
    ["text", () => Buffer.from("sensor,count\n")],
    ["the end alone", () => Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)],
    ["a stream without its end", () => ipc(readings).slice(0, -8)],
    ["half a stream", () => ipc(readings).slice(0, ipc(readings).length / 2)],
    ["a file without its end", () => ipc(readings, "file").slice(0, -6)],
  ])("is %s", async (_, bytes) => {
    expect((await refusal(bytes())).code).toBe("MALFORMED_INPUT");
  });

  it("says that it has more rows than its bytes can hold", async () => {
    const claim = (column: ReturnType<typeof makeData>, length: number) => {
      const schema = new Schema([new Field("sensor", column.type, true)]);
      const batch = new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children: [column] }));
      return tableToIPC(new Table(schema, [batch]), "stream");
    };
    const nulls = await refusal(claim(makeData({ type: new Null(), length: 2 ** 31 - 1 }), 2 ** 31 - 1));
    expect(nulls.message).toContain("it is much larger than its bytes");
    const short = await refusal(claim(makeData({ type: new Int32(), length: 1000, data: new Int32Array(10) }), 1000));
    expect(short.message).toMatch(/the column sensor is shorter than its 1000 rows|much larger|damaged/);
    const long = vectorFromArray(["x".repeat(1_000_000)], new Utf8());
    const indices = makeData({ type: new Int8(), length: 1000, data: new Int8Array(1000) });
    const type = new Dictionary(new Utf8(), new Int8());
    const categories = makeData({ type, length: 1000, nullCount: 0, data: indices.values, dictionary: long });
    expect((await refusal(claim(categories, 1000))).message).toContain("it is much larger than its bytes");
  });

  it("is whatever somebody sends, without a crash and at once", () => {
    const columns = columnsOf(z.toJSONSchema(z.object({ sensor: z.string(), count: z.int(), samples: z.unknown() })));
    const whole = tableFromArrays({ sensor: ["a", "b"], count: Int32Array.of(1, 2), level: Float64Array.of(1, 2) });
    const valid = [
      tableToIPC(whole, "stream"),
      tableToIPC(whole, "file"),
      ipc({ ...readings, samples: vectorFromArray([[1], [], [2]], new List(new Field("item", new Int32()))) }),
    ];
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const changed = fc
      .record({ of: fc.constantFrom(...valid), changes: fc.array(change, { minLength: 1, maxLength: 4 }) })
      .map(({ of, changes }) => {
        const bytes = Uint8Array.from(of);
        for (const { at, byte } of changes) bytes[Math.floor(at * (bytes.length - 1))] = byte;
        return bytes;
      });
    const cut = fc.constantFrom(...valid).chain((bytes) => fc.nat(bytes.length - 1).map((end) => bytes.slice(0, end)));
    const read = (bytes: Uint8Array) => {
      try {
        return readArrow(bytes, columns);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => void read(bytes)),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(cut, (bytes) => read(bytes) === undefined),
      { numRuns: 300 },
    );
  });
});

describe("a service with tables", () => {
  it("has a bundle with apache-arrow in it, which needs nothing to be installed", async () => {
    const folder = await new Readings().pack("factor", 2).save(join(scratch, "readings"));
    const again = await new Readings().pack("factor", 2).save(join(scratch, "again"));
    const manifests = [folder, again].map((path) => readFile(join(path, "millrace-bundle.json"), "utf8"));
    const [manifest = "", second] = await Promise.all(manifests);
    expect(second).toBe(manifest);
    expect(JSON.parse(manifest).packages).toContainEqual({ name: "apache-arrow", version: expect.any(String) });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(["apache-arrow.mjs", "lambda.mjs"]));
    expect(await readdir(folder)).not.toContain("package-lock.json");
    const process = await startServer(folder, []);
    expect((await post("/scale", stream, ipc(readings), "*/*", process.url)).json).toEqual(rows);
    const answer = await post("/scale", file, ipc(readings, "file"), stream, process.url);
    expect(tableFromIPC(answer.bytes).numRows).toBe(3);
    process.child.kill("SIGTERM");
    expect(await process.ended).toBe(0);
  });

  it("shares the bundle's apache-arrow with a model that is a table", async () => {
    await loadCodec("arrow");
    const prices = tableFromArrays({ price: Float64Array.of(1, 2) });
    const folder = await new Lookup().pack("prices", prices).save(join(scratch, "lookup"));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(["apache-arrow.mjs", "lambda.mjs"]));
    const process = await startServer(folder, []);
    expect(await process.answer("/price", 1)).toBe(2);
    process.child.kill("SIGTERM");
    expect(await process.ended).toBe(0);
  });

  it("takes JSON and CSV alone where apache-arrow is not installed", async () => {
    vi.resetModules();
    vi.doMock("apache-arrow", () => {
      throw new Error("Cannot find package 'apache-arrow'");
    });
    const { tableMedia } = await import("../../lib/model/service/table/media.ts");
    const media = tableMedia(["application/json", "text/csv", stream, file], () => columnsOf(true));
    await media.load?.();
    expect(media.types).toEqual(["application/json", "text/csv"]);
    vi.doUnmock("apache-arrow");
  });
});
