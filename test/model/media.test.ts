import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromNpy, toNpy } from "../../lib/data/codecs/npy-format.ts";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { Shapes } from "./fixtures/shapes.ts";

const service = new Shapes().pack("calls", []);
let server: Server;

beforeAll(async () => {
  server = await serve(
    { service, description: describeService(Shapes), version: "1" },
    { port: 0, logLevel: "silent" },
  );
});
afterAll(() => server.close());

async function post(path: string, type: string, body: string | Uint8Array<ArrayBuffer>, accept = "*/*") {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    body,
    headers: { "content-type": type, accept },
  });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    bytes: new Uint8Array(await response.arrayBuffer()),
  };
}

async function json(path: string, body: unknown) {
  const { status, bytes } = await post(path, "application/json", JSON.stringify(body));
  return { status, body: JSON.parse(new TextDecoder().decode(bytes)) };
}

/** The first issue of an input that is refused. */
async function issue(path: string, type: string, body: string | Uint8Array<ArrayBuffer>) {
  const { status, bytes } = await post(path, type, body);
  expect(status).toBe(400);
  const { error } = JSON.parse(new TextDecoder().decode(bytes));
  expect(error.code).toBe("INVALID_INPUT");
  return error.issues[0];
}

const npy = (data: Float32Array | Float64Array | Uint8Array, shape: readonly number[]) =>
  new Uint8Array(toNpy(data.constructor.name, data, shape));

describe("a tensor", () => {
  it("travels as nested arrays", async () => {
    expect(
      await json("/sums", [
        [1, 2],
        [3.5, 4],
      ]),
    ).toEqual({ status: 200, body: [3, 7.5] });
    expect(await json("/sums", [])).toEqual({ status: 200, body: [] });
    expect(
      await json("/brightness", [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]),
    ).toEqual({ status: 200, body: 21 });
  });

  it("travels as an .npy file, in either direction", async () => {
    const file = npy(Float32Array.of(1, 2, 3.5, 4), [2, 2]);
    const both = await post("/sums", "application/x-npy", file, "application/x-npy");
    expect(both.type).toBe("application/x-npy");
    expect(fromNpy(both.bytes)).toEqual({ data: Float64Array.of(3, 7.5), shape: [2] });
    const mixed = await post("/sums", "application/x-npy", file, "text/html, application/json;q=0.9, */*;q=0.1");
    expect(mixed.type).toBe("application/json; charset=utf-8");
    expect(new TextDecoder().decode(mixed.bytes)).toBe("[3,7.5]");
  });

  it.each([
    [[[1, 2], [3]], { path: "[1]", message: "Expected an array of 2, received 1" }],
    [[[1, "2"]], { path: "[0][1]", message: "Expected a number, received string" }],
    [[[1, null]], { path: "[0][1]", message: "Expected a number, received null" }],
    [[1, 2], { path: "[0]", message: "Expected an array of 2, received number" }],
    ["text", { path: "", message: "Expected an array of 0, received string" }],
  ])("of another shape is refused with the place: %j", async (body, expected) => {
    expect(await issue("/sums", "application/json", JSON.stringify(body))).toEqual(expected);
  });

  it.each([256, -1, 1.5])("of numbers that its type does not have is refused: %d", async (number) => {
    expect(await issue("/brightness", "application/json", JSON.stringify([[[0, 0, number]]]))).toEqual({
      path: "[0][0][2]",
      message: `Expected a number of uint8, received ${number}`,
    });
  });

  it("of another type or shape is refused as a file too", async () => {
    expect(await issue("/sums", "application/x-npy", npy(Float64Array.of(1, 2), [1, 2]))).toEqual({
      path: "",
      message: "Expected a tensor of float32, received float64",
    });
    expect(await issue("/sums", "application/x-npy", npy(Float32Array.of(1, 2, 3), [1, 3]))).toEqual({
      path: "",
      message: "Expected the shape [any, 2], received [1, 3]",
    });
    const broken = await post("/sums", "application/x-npy", npy(Float32Array.of(1, 2), [1, 2]).slice(0, 100));
    expect(broken.status).toBe(400);
    expect(new TextDecoder().decode(broken.bytes)).toContain("MALFORMED_INPUT");
  });

  it("is put together with others in a batch, by its first dimension", async () => {
    service.calls.length = 0;
    const requests = Array.from({ length: 12 }, (_, i) => Array.from({ length: i % 6 }, (_, j) => [i, j]));
    const answers = await Promise.all(requests.map((rows) => json("/sums", rows)));
    expect(answers.map(({ body }) => body)).toEqual(requests.map((rows) => rows.map(([i = 0, j = 0]) => i + j)));
    const rows = requests.flat().length;
    expect(service.calls.reduce((sum, count) => sum + count, 0)).toBe(rows);
    expect(Math.max(...service.calls)).toBe(4);
    expect(service.calls.length).toBeLessThan(rows);
  });
});

describe("a table", () => {
  const csv = 'name,age,height,isMember\nAda,36,1.65,true\n"Grace, Rear Admiral",85,,\n';

  it("travels as JSON", async () => {
    const rows = [
      { name: "Ada", age: 36, height: 1.65 },
      { name: "Max", age: 2, height: null },
    ];
    expect(await json("/tall", rows)).toEqual({
      status: 200,
      body: [
        { name: "Ada", isTall: false },
        { name: "Max", isTall: null },
      ],
    });
  });

  it("travels as CSV, in either direction", async () => {
    const { status, type, bytes } = await post("/tall", "text/csv; charset=utf-8", csv, "text/csv");
    expect(status).toBe(200);
    expect(type).toBe("text/csv; charset=utf-8");
    expect(new TextDecoder().decode(bytes)).toBe('name,isTall\nAda,false\n"Grace, Rear Admiral",\n');
  });

  it("with a cell that is wrong is refused with its row and column", async () => {
    expect(await issue("/tall", "text/csv", "name,age,height\nAda,old,1.65\n")).toEqual({
      path: "[0].age",
      message: "Invalid input: expected number, received string",
    });
    expect(await issue("/tall", "text/csv", "name,height\nAda,1\nMax,2\n")).toEqual({
      path: "[0].age",
      message: "Invalid input: expected number, received undefined",
    });
  });

  it("with two columns of one name is refused, which would lose one of them", async () => {
    const { status, bytes } = await post("/tall", "text/csv", "name,age,height,age\nAda,36,1.65,37\n");
    expect(status).toBe(400);
    expect(JSON.parse(new TextDecoder().decode(bytes)).error).toMatchObject({
      code: "MALFORMED_INPUT",
      message: "The body is not text/csv: the header has the column age more than once.",
    });
  });

  it("may have cells beside its columns, which have no name", async () => {
    expect((await post("/tall", "text/csv", "name,age,height,,\nAda,36,1.65,,\n")).status).toBe(200);
  });

  it("that is no CSV is refused with the line", async () => {
    const { status, bytes } = await post("/tall", "text/csv", "name,age\nAda\n");
    expect(status).toBe(400);
    expect(new TextDecoder().decode(bytes)).toMatch(/MALFORMED_INPUT.*line 2/);
  });
});

it("an image travels as its file", async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
  expect(await post("/same", "image/png", png)).toEqual({ status: 200, type: "image/png", bytes: png });
  expect((await post("/same", "image/jpeg", png)).status).toBe(200);
  expect((await post("/same", "text/plain", png)).status).toBe(415);
});

it.each([
  ["one piece", (picture: Uint8Array<ArrayBuffer>) => picture],
  ["several", (picture: Uint8Array<ArrayBuffer>) => ReadableStream.from([picture.subarray(0, 3), picture.subarray(3)])],
])("an image has memory of its own, which can be handed on: sent in %s", async (_, body) => {
  const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);
  const response = await fetch(`${server.url}/moved`, {
    method: "POST",
    body: body(picture),
    duplex: "half",
    headers: { "content-type": "image/png" },
  });
  expect(response.status).toBe(200);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(picture);
});

it("the OpenAPI document has the schema under JSON alone", async () => {
  const { paths } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
  expect(paths["/sums"].post.requestBody.content).toEqual({
    "application/json": {
      schema: { type: "array", items: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 } },
    },
    "application/x-npy": {},
  });
});
