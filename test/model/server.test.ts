import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { Doubler, gates } from "./fixtures/doubler.ts";

const service = new Doubler().pack("factor", 2).pack("events", []);
let server: Server;

beforeAll(async () => {
  server = await serve(
    { service, description: describeService(Doubler), version: "1.2.3" },
    { port: 0, logLevel: "silent" },
  );
});
afterAll(() => server.close());

async function post(route: string, body: string | Uint8Array, headers: Record<string, string> = json) {
  const init = { method: "POST", body: body as string, headers: { "x-request-id": "r1", ...headers } };
  return await fetch(`${server.url}${route}`, init);
}

const json = { "content-type": "application/json" };

async function answer(route: string, body: string | Uint8Array, headers?: Record<string, string>) {
  const response = await post(route, body, headers);
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
}

describe("an answer", () => {
  it("is what the method returns for the body", async () => {
    expect(await answer("/objects", '{"rows":[{"x":1},{"x":2}]}')).toEqual({ status: 200, body: [2, 4] });
  });

  it("carries the request's id where it is one, and else a new one", async () => {
    expect((await post("/batched", "[1]")).headers.get("x-request-id")).toBe("r1");
    const made = await post("/batched", "[1]", { ...json, "x-request-id": "a b" });
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it("of text, bytes and files travels under its content type", async () => {
    expect(await answer("/shout", "héllo", { "content-type": "text/plain; charset=utf-8" })).toEqual({
      status: 200,
      body: "HÉLLO",
    });
    const reversed = await post("/reverse", new Uint8Array([1, 2, 255]), { "content-type": "application/x-thing" });
    expect(reversed.headers.get("content-type")).toBe("application/x-thing");
    expect(new Uint8Array(await reversed.arrayBuffer())).toEqual(new Uint8Array([255, 2, 1]));
    expect(
      await answer("/describe", "a,b\n", {
        "content-type": "text/csv",
        "content-disposition": 'attachment; filename="../../x.csv"',
      }),
    ).toEqual({ status: 200, body: { name: "x.csv", type: "text/csv", size: 4 } });
  });

  it("of a batch is the request's own, also where it has more rows than a call takes", async () => {
    const requests = Array.from({ length: 50 }, (_, i) => Array.from({ length: i % 11 }, (_, j) => i * 100 + j));
    const answers = await Promise.all(requests.map((rows) => answer("/batched", JSON.stringify(rows))));
    expect(answers.map(({ body }) => body)).toEqual(requests.map((rows) => rows.map((x) => x * 2)));
  });
});

describe("a bad request is refused:", () => {
  const refused = async (...request: Parameters<typeof answer>) => {
    const { status, body } = await answer(...request);
    return { status, ...body.error };
  };

  it("a wrong shape with the path inside the input", async () => {
    expect(await refused("/objects", '{"rows":[{"x":1},{"x":"2"},{}]}')).toEqual({
      status: 400,
      code: "INVALID_INPUT",
      message: "The input at .rows[1].x is not what objects takes: Invalid input: expected number, received string.",
      fix: "GET /openapi.json has the schema.",
      issues: [
        { path: ".rows[1].x", message: "Invalid input: expected number, received string" },
        { path: ".rows[2].x", message: "Invalid input: expected number, received undefined" },
      ],
      requestId: "r1",
    });
  });

  it.each([
    ["[1,", "Unexpected end of JSON input"],
    ["", "Unexpected end of JSON input"],
    [new Uint8Array([0x22, 0xff, 0x22]), "the text is not UTF-8"],
  ])("a body that is no JSON: %j", async (body, reason) => {
    expect(await refused("/objects", body)).toEqual({
      status: 400,
      code: "MALFORMED_INPUT",
      message: `The body is not application/json: ${reason}.`,
      requestId: "r1",
    });
  });

  it("a content type that is not taken", async () => {
    expect(await refused("/batched", "[1]", { "content-type": "text/csv; charset=utf-8" })).toEqual({
      status: 415,
      code: "CONTENT_TYPE",
      message: "batched takes application/json; received text/csv.",
      fix: "Send it with the header Content-Type: application/json.",
      requestId: "r1",
    });
  });

  it("a compressed body", async () => {
    expect(await refused("/batched", gzipSync("[1]"), { ...json, "content-encoding": "gzip" })).toEqual({
      status: 415,
      code: "CONTENT_ENCODING",
      message: "Bodies are taken as they are; received gzip.",
      fix: "Send it without the header Content-Encoding, not compressed.",
      requestId: "r1",
    });
  });

  it("a body that is too large", async () => {
    expect(await refused("/batched", `[${"1,".repeat(600_000)}1]`)).toEqual({
      status: 413,
      code: "TOO_LARGE",
      message: "The body is larger than 1048576 bytes.",
      fix: "Send fewer rows at a time.",
      requestId: "r1",
    });
  });

  it("an unknown route", async () => {
    expect(await refused("/predict?x=1", "[]")).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
      message: "There is no POST /predict.",
    });
  });

  it("another method", async () => {
    const response = await fetch(`${server.url}/batched`, { headers: { "x-request-id": "r1" } });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(JSON.parse(await response.text()).error).toMatchObject({
      code: "METHOD_NOT_ALLOWED",
      message: "/batched takes POST; received GET.",
    });
  });

  it("one above the limit of requests at a time, which is told when to come again", async () => {
    const gate = Promise.withResolvers<void>();
    gates.set("open", gate);
    const held = answer("/hold", '{"until":"open"}');
    await expect.poll(async () => (await post("/hold", '{"until":"now"}')).status).toBe(429);
    const refusal = await post("/hold", '{"until":"now"}');
    expect(refusal.headers.get("retry-after")).toBe("1");
    expect(await (await fetch(`${server.url}/livez`)).json()).toEqual({ status: "ok" });
    gate.resolve();
    expect((await held).status).toBe(200);
    expect((await post("/hold", '{"until":"now"}')).status).toBe(200);
  });

  it("one that the method refuses itself", async () => {
    expect(await refused("/refuse", '"rain"')).toEqual({
      status: 422,
      code: "NOT_TODAY",
      message: "Not today: rain.",
      requestId: "r1",
    });
  });
});

describe("a service that fails", () => {
  it("takes too long: 504", async () => {
    expect(await answer("/never", "1")).toEqual({
      status: 504,
      body: { error: { code: "TIMEOUT", message: "never took longer than 0.02 s.", requestId: "r1" } },
    });
  });

  it("throws or returns what its output is not: 500, and nothing of it is told", async () => {
    const internal = {
      status: 500,
      body: {
        error: {
          code: "INTERNAL",
          message: "The service failed to answer.",
          fix: "The service's log has the reason, under the request's id.",
          requestId: "r1",
        },
      },
    };
    expect(await answer("/liar", '""')).toEqual(internal);
    expect(await answer("/batched", "[13]")).toEqual(internal);
  });

  it("answers the other requests of the batch", async () => {
    const requests = ["[1]", "[13]", "[2]", "[3,13]", "[4]"];
    const answers = await Promise.all(requests.map((body) => answer("/batched", body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 500, 200, 500, 200]);
    expect([answers[0]?.body, answers[2]?.body, answers[4]?.body]).toEqual([[2], [4], [8]]);
  });
});

describe("beside the APIs", () => {
  it("the health, the metrics and the page are there", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/ping"]) {
      expect(await (await fetch(`${server.url}${path}`)).json()).toEqual({ status: "ok" });
    }
    await answer("/objects", '{"rows":[]}');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(
      /^millrace_request_duration_seconds_count\{service="Doubler",api="objects",status="200"\} \d/m,
    );
    expect(metrics).toMatch(/^millrace_batch_rows_bucket\{le="4",service="Doubler",api="batched"\} \d/m);
    const page = await fetch(`${server.url}/`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await page.text();
    expect(html).toContain("Doubler");
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  it("the OpenAPI document tells each API's schemas", async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const document = JSON.parse(await response.text());
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toEqual({ title: "Doubler", version: "1.2.3" });
    expect(Object.keys(document.paths)).toEqual([
      "/objects",
      "/batched",
      "/shout",
      "/reverse",
      "/describe",
      "/never",
      "/hold",
      "/abandoned",
      "/liar",
      "/refuse",
    ]);
    expect(document.paths["/batched"].post.requestBody).toEqual({
      required: true,
      content: { "application/json": { schema: { type: "array", items: { type: "number" } } } },
    });
  });

  it("SageMaker's route calls the first API, or the one that the attributes name", async () => {
    expect(await answer("/invocations", '{"rows":[{"x":3}]}')).toEqual({ status: 200, body: [6] });
    const attributes = { ...json, "x-amzn-sagemaker-custom-attributes": "trace=1,api=batched" };
    expect(await answer("/invocations", "[3]", attributes)).toEqual({ status: 200, body: [6] });
    expect(
      (await answer("/invocations", "[3]", { ...json, "x-amzn-sagemaker-custom-attributes": "api=x" })).status,
    ).toBe(404);
  });
});

it("starts before the first request and stops after the last answer", async () => {
  const own = new Doubler().pack("factor", 3).pack("events", []);
  const other = await serve(
    { service: own, description: describeService(Doubler), version: "1" },
    { port: 0, logLevel: "silent" },
  );
  expect(own.events).toEqual(["startup"]);
  const gate = Promise.withResolvers<void>();
  gates.set("shutdown", gate);
  const body = '{"until":"shutdown"}';
  const held = fetch(`${other.url}/hold`, { method: "POST", body, headers: json });
  await expect
    .poll(async () => (await fetch(`${other.url}/metrics`)).text())
    .toContain('millrace_requests_in_progress{api="hold",service="Doubler"} 1');
  const closed = other.close();
  expect(own.events).toEqual(["startup"]);
  gate.resolve();
  expect((await held).status).toBe(200);
  await closed;
  expect(own.events).toEqual(["startup", "shutdown"]);
});

it("says which address is taken, before the service is started", async () => {
  const { port } = new URL(server.url);
  const own = new Doubler();
  await expect(
    serve(
      { service: own, description: describeService(Doubler), version: "1" },
      { port: Number(port), logLevel: "silent" },
    ),
  ).rejects.toMatchObject({
    code: "ADDRESS",
    message: `The server cannot listen on 127.0.0.1:${port}: another program listens there.`,
  });
  expect(own.events).toEqual([]);
});

describe("long work", () => {
  const job = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  it("is submitted, looked after and fetched", async () => {
    const gate = Promise.withResolvers<void>();
    gates.set("job", gate);
    const submitted = await post("/hold/jobs", '{"until":"job"}');
    expect(submitted.status).toBe(202);
    const begun = JSON.parse(await submitted.text());
    expect(begun).toEqual({ id: begun.id, api: "hold", status: "running", submittedAt: begun.submittedAt });
    const path = `/jobs/${begun.id}`;
    expect(submitted.headers.get("location")).toBe(path);
    expect(await job(path)).toEqual({ status: 200, body: begun });
    expect(await job(`${path}/result`)).toMatchObject({ status: 409, body: { error: { code: "JOB_RUNNING" } } });
    gate.resolve();
    await expect.poll(async () => (await job(path)).body.status).toBe("succeeded");
    expect(await job(`${path}/result`)).toEqual({ status: 200, body: true });
  });

  it("is told when it is cancelled, while it runs", async () => {
    service.events.length = 0;
    const { id } = (await answer("/abandoned/jobs", "1")).body;
    await expect.poll(() => service.events).toEqual(["asked"]);
    await job(`/jobs/${id}`, { method: "DELETE" });
    await expect.poll(() => service.events).toEqual(["asked", `The job ${id} was cancelled.`]);
    expect((await job(`/jobs/${id}`)).body).toMatchObject({ status: "cancelled", endedAt: expect.any(String) });
  });

  it("is cancelled, and what it gives then is not kept; its time-out does not hold", async () => {
    const { id } = (await answer("/never/jobs", "1")).body;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await job(`/jobs/${id}`)).body.status).toBe("running");
    expect(await job(`/jobs/${id}`, { method: "DELETE" })).toMatchObject({
      status: 200,
      body: { status: "cancelled" },
    });
    expect(await job(`/jobs/${id}/result`)).toMatchObject({ status: 409, body: { error: { code: "JOB_CANCELLED" } } });
  });

  it("that fails says so; a bad input and an unknown job are refused at once", async () => {
    const { id } = (await answer("/batched/jobs", "[13]")).body;
    await expect.poll(async () => (await job(`/jobs/${id}`)).body.status).toBe("failed");
    expect(await job(`/jobs/${id}/result`)).toMatchObject({ status: 500, body: { error: { code: "JOB_FAILED" } } });
    expect((await post("/batched/jobs", '["x"]')).status).toBe(400);
    expect(await job("/jobs/none")).toMatchObject({ status: 404, body: { error: { code: "JOB_UNKNOWN" } } });
  });
});
