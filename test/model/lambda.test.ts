import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { Pictures } from "./fixtures/pictures.ts";

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

let scratch: string;
let handler: (event: unknown, context: unknown) => Promise<Answer>;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-lambda-"));
  const file = join(import.meta.dirname, "fixtures/pictures.ts");
  const bundle = await saveBundle(new Pictures().pack("gain", 2), join(scratch, "pictures"), { file });
  ({ handler } = await import(pathToFileURL(join(bundle, "lambda.mjs")).href));
}, 30_000);
afterAll(() => rm(scratch, { recursive: true }));

/** What a function URL makes of a request. */
function ask(path: string, type: string, body: Uint8Array | string, more: object = {}): Promise<Answer> {
  const isBase64Encoded = typeof body !== "string";
  const event = {
    version: "2.0",
    rawPath: path,
    rawQueryString: "",
    headers: { "content-type": type },
    requestContext: {
      http: { method: "POST", path, sourceIp: "192.0.2.1" },
      requestId: "request-1",
      stage: "$default",
    },
    body: isBase64Encoded ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded,
    ...more,
  };
  return handler(event, {});
}

describe("a bundle's handler on Lambda", () => {
  it("answers JSON as text, under the request's id", async () => {
    expect(await ask("/mean", "application/json", "[1, 2, 3]")).toEqual({
      statusCode: 200,
      isBase64Encoded: false,
      headers: expect.objectContaining({
        "content-type": "application/json; charset=utf-8",
        "x-request-id": "request-1",
      }),
      body: "4",
    });
  });

  it("takes and answers bytes as they are, in Base64", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { statusCode, headers, body, isBase64Encoded } = await ask("/invert", "image/png", bytes);
    expect({ statusCode, isBase64Encoded, type: headers["content-type"] }).toEqual({
      statusCode: 200,
      isBase64Encoded: true,
      type: "image/png",
    });
    expect(new Uint8Array(Buffer.from(body, "base64"))).toEqual(bytes.map((value) => 255 - value));
  });

  it("refuses a wrong input as the server does", async () => {
    const { statusCode, body } = await ask("/mean", "application/json", '["a"]');
    expect(statusCode).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ error: { code: "INVALID_INPUT", issues: [{ path: "[0]" }] } });
    expect((await ask("/mean", "text/plain", "1")).statusCode).toBe(415);
    expect((await ask("/median", "application/json", "[]")).statusCode).toBe(404);
  });

  it("is asked by what comes after an API's path", async () => {
    const { body } = await ask("/v1/pictures/mean", "application/json", "[1]", { pathParameters: { proxy: "mean" } });
    expect(body).toBe("2");
  });

  it("has no jobs: it is frozen between requests", async () => {
    const refused = await ask("/mean/jobs", "application/json", "[1]");
    expect([refused.statusCode, JSON.parse(refused.body).error.code]).toEqual([501, "NO_JOBS"]);
  });
});
