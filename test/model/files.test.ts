import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { Files } from "./fixtures/files.ts";

let server: Server;

beforeAll(async () => {
  const served = { service: new Files(), description: describeService(Files), version: "1" };
  server = await serve(served, { port: 0, logLevel: "silent" });
});
afterAll(() => server.close());

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x2d, 0x2d);

async function post(path: string, body: FormData | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, { method: "POST", body, headers });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

function form(...files: readonly File[]): FormData {
  const data = new FormData();
  for (const file of files) data.append("file", file);
  return data;
}

/** A form as it is written by hand. */
const written = (body: string, boundary: string) =>
  [body, { "content-type": `multipart/form-data${boundary}` }] as const;

describe("a file in a form", () => {
  it("is what the method gets, with its name and type", async () => {
    expect(await post("/about", form(new File([png], "cat.png", { type: "image/png" })))).toEqual({
      status: 200,
      body: { name: "cat.png", type: "image/png", bytes: [...png] },
    });
  });

  it("may be in a field of any name, beside fields that are no files", async () => {
    const data = new FormData();
    data.append("note", "a cat");
    data.append("picture", new File(["x"], "größe €.csv", { type: "text/csv" }));
    expect(await post("/about", data)).toEqual({
      status: 200,
      body: { name: "größe €.csv", type: "text/csv", bytes: [0x78] },
    });
  });

  it("is the body of an API that takes images, if it is one", async () => {
    expect(await post("/size", form(new File([png], "cat.png", { type: "image/png" })))).toEqual({
      status: 200,
      body: 8,
    });
    expect(await post("/size", form(new File([png], "cat.txt", { type: "text/plain" })))).toMatchObject({
      status: 415,
      body: { error: { code: "CONTENT_TYPE", message: "size takes image/png or image/*; received text/plain." } },
    });
  });

  it("is a job's input too", async () => {
    const { status } = await post("/about/jobs", form(new File([png], "cat.png", { type: "image/png" })));
    expect(status).toBe(202);
  });

  it.each(["../../etc/passwd", "C:\\Windows\\passwd", "/passwd"])("has a name without folders: %s", async (name) => {
    const { body } = await post("/about", form(new File([png], name)));
    expect(body.name).toBe("passwd");
  });

  it("is one: none, or several, are refused", async () => {
    const data = new FormData();
    data.append("file", "cat.png");
    expect(await post("/about", data)).toEqual({
      status: 400,
      body: {
        error: {
          code: "MALFORMED_INPUT",
          message: "The form has no file.",
          fix: "Send one, as curl -F file=@NAME does, or the file itself as the body.",
          requestId: expect.any(String),
        },
      },
    });
    expect((await post("/about", form(new File([], "")))).body.error.message).toBe("The form has no file.");
    expect((await post("/about", form(new File([png], "a"), new File([png], "b")))).body.error).toMatchObject({
      code: "MALFORMED_INPUT",
      message: "The form has 2 files; one is taken.",
    });
  });

  const part = 'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n';
  it.each([
    ["no boundary", written(`--x\r\n${part}--x--\r\n`, "")],
    ["an empty boundary", written(`--\r\n${part}----\r\n`, "; boundary=")],
    ["another boundary", written(`--x\r\n${part}--x--\r\n`, "; boundary=y")],
    ["a boundary that is too long", written(`--x\r\n${part}--x--\r\n`, `; boundary=${"x".repeat(5000)}`)],
    ["a part without a name", written("--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n", "; boundary=x")],
    ["no end", written(`--x\r\n${part}`, "; boundary=x")],
    ["no content", written("", "; boundary=x")],
  ])("is refused where the form has %s", async (_, [body, headers]) => {
    const answer = await post("/about", body, headers);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({
      code: "MALFORMED_INPUT",
      message: "The body is not multipart/form-data: a boundary or a part is not as it is to be.",
    });
  });

  it("is refused where the form is larger than the API takes", async () => {
    expect(await post("/size", form(new File([new Uint8Array(2 ** 20)], "cat.png")))).toMatchObject({
      status: 413,
      body: { error: { code: "TOO_LARGE" } },
    });
  });

  it("is nothing that an API of JSON takes", async () => {
    expect(await post("/count", form(new File(["[]"], "rows.json", { type: "application/json" })))).toMatchObject({
      status: 415,
    });
  });

  it("is in the OpenAPI document", async () => {
    const { paths } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
    expect(paths["/size"].post.requestBody.content).toEqual({
      "image/png": {},
      "image/*": {},
      "multipart/form-data": { schema: { type: "object", minProperties: 1, properties: { file: {} } } },
    });
  });
});

describe("a file that is answered", () => {
  const headerOf = async (name: string) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${server.url}/report`, { method: "POST", body: JSON.stringify(name), headers });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("a,b\n");
    return response.headers.get("content-disposition");
  };

  it.each([
    ["report.csv", "attachment; filename=report.csv"],
    ["a report.csv", 'attachment; filename="a report.csv"'],
    ["größe €.csv", "attachment; filename=\"gr??e ?.csv\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E2%82%AC.csv"],
    ['a"; filename="b.exe', 'attachment; filename="a\\"; filename=\\"b.exe"'],
    ["%41.csv", "attachment; filename=%41.csv; filename*=UTF-8''%2541.csv"],
    ["a.csv\r\nSet-Cookie: b=c", 'attachment; filename="a.csv__Set-Cookie: b=c"'],
    ["../../a.csv", "attachment; filename=a.csv"],
    ["half \ud800.csv", "attachment; filename=\"half ?.csv\"; filename*=UTF-8''half%20%EF%BF%BD.csv"],
  ])("has its name: %j", async (name, header) => {
    expect(await headerOf(name)).toBe(header);
  });

  it("has its name as a job's result", async () => {
    const headers = { "content-type": "application/json" };
    const submitted = await fetch(`${server.url}/report/jobs`, { method: "POST", body: '"größe.csv"', headers });
    const location = submitted.headers.get("location");
    await expect
      .poll(async () => (await fetch(`${server.url}${location}/result`)).headers.get("content-disposition"))
      .toBe("attachment; filename=\"gr??e.csv\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv");
  });

  it("has the name that its request gave", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (text) => {
        const name = `${text.replaceAll(/[\p{Cc}/\\]/gu, "")}.csv`;
        const header = (await headerOf(name)) ?? "";
        const { body } = await post("/about", "x", { "content-type": "text/csv", "content-disposition": header });
        expect(body.name).toBe(name);
      }),
      { numRuns: 50 },
    );
  });
});

it("a header that names no file leaves the file without a name of its own", async () => {
  for (const header of ["attachment", "=;;", 'attachment; filename="a', "attachment; filename*=UTF-8''%ZZ"]) {
    const headers = { "content-type": "text/csv", "content-disposition": header };
    expect((await post("/about", "x", headers)).body.name).toBe("file");
  }
});
