import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { Doubler, gates } from "./fixtures/doubler.ts";

// What fetch would not do: bytes on a socket, as slow, broken and rude clients send them.

const service = new Doubler().pack("factor", 2).pack("events", []);
let server: Server;

beforeAll(async () => {
  server = await serve(
    { service, description: describeService(Doubler), version: "1" },
    { port: 0, logLevel: "silent", receiveTimeouts: { headers: 200, request: 400 } },
  );
});
afterAll(() => server.close());

function open(): Socket {
  return connect(Number(new URL(server.url).port), "127.0.0.1");
}

const head = (path: string, length: number, more = "") =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`;

/** What the server answers before it closes the connection. */
async function answerTo(...parts: readonly string[]): Promise<{ readonly status: number; readonly body: unknown }> {
  const socket = open();
  for (const part of parts) socket.write(part);
  const received = await text(socket);
  return {
    status: Number(received.split(" ")[1]),
    body: JSON.parse(received.slice(received.indexOf("\r\n\r\n") + 4)),
  };
}

const late = {
  status: 408,
  body: { error: { code: "REQUEST_TIMEOUT", message: "The request did not arrive in time." } },
};

it("a client that does not finish its headers is let go", async () => {
  expect(await answerTo("POST /batched HTTP/1.1\r\nhost: x\r\nx-slow: ")).toEqual(late);
});

it("a client that does not finish its body is let go", async () => {
  expect(await answerTo(head("/batched", 100), "[1,")).toEqual(late);
});

it("a client that drips a byte now and then wins no time", async () => {
  const socket = open();
  const drip = setInterval(() => socket.write("x"), 20);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ");
  const began = performance.now();
  // The server may close while a byte is on its way.
  await text(socket).catch(() => undefined);
  clearInterval(drip);
  expect(performance.now() - began).toBeLessThan(5_000);
});

it("headers of more than 16 KiB are refused", async () => {
  expect(await answerTo(head("/batched", 3, `x-much: ${"x".repeat(20_000)}\r\n`))).toEqual({
    status: 431,
    body: { error: { code: "HEADERS_TOO_LARGE", message: "The request's headers are too large." } },
  });
});

it("what is no HTTP is refused", async () => {
  const { status, body } = await answerTo("hello\r\n\r\n");
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { code: "MALFORMED_REQUEST" } });
});

it("a path that is no text is refused", async () => {
  const { status, body } = await answerTo("GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { code: "BAD_REQUEST", requestId: expect.any(String) } });
});

const chunkedHead =
  "POST /batched HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

it("a body may come in pieces, without its length", async () => {
  const pieces = ["[1", ",2", "0]", ""].map(chunk);
  expect(await answerTo(`${chunkedHead}connection: close\r\n\r\n`, ...pieces)).toEqual({ status: 200, body: [2, 40] });
});

it("a body is refused as soon as it is known to be larger than it may be, and counted under its API", async () => {
  const tooLarge = {
    status: 413,
    body: { error: { code: "TOO_LARGE", message: "The body is larger than 1048576 bytes." } },
  };
  expect(await answerTo(head("/batched", 2 ** 20 + 1))).toMatchObject(tooLarge);
  const pieces = ["[".repeat(2 ** 20), "["].map(chunk);
  expect(await answerTo(`${chunkedHead}\r\n`, ...pieces)).toMatchObject(tooLarge);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/api="batched",status="413"\} 2/);
});

it("a client that asks whether it may send its body is told so, and answered", async () => {
  const socket = open();
  socket.write(head("/batched", 3, "expect: 100-continue\r\nconnection: close\r\n"));
  const [first] = await once(socket, "data");
  expect(String(first)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("[1]");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\n\r\n\[2\]$/);
});

it("an empty body is no JSON, with its length and without", async () => {
  const malformed = { error: { code: "MALFORMED_INPUT" } };
  expect(await answerTo(head("/batched", 0, "connection: close\r\n"))).toMatchObject({ status: 400, body: malformed });
  const ended = `${chunkedHead}connection: close\r\n\r\n${chunk("")}`;
  expect(await answerTo(ended)).toMatchObject({ status: 400, body: malformed });
});

it("a request whose body is cut off is counted as a bad one", async () => {
  const body = '{"until":"now"}';
  const refused = 'millrace_request_duration_seconds_count{service="Doubler",api="hold",status="400"} 1';
  const metrics = async () => await (await fetch(`${server.url}/metrics`)).text();
  expect(await metrics()).not.toContain(refused);
  const socket = open();
  socket.end(head("/hold", body.length + 1) + body);
  await text(socket).catch(() => undefined);
  await expect.poll(metrics).toContain(refused);
});

it("requests that are sent without waiting are answered in their order", async () => {
  const socket = open();
  const bodies = Array.from({ length: 20 }, (_, i) => `[${100 + i}]`);
  socket.write(bodies.map((body) => head("/batched", body.length) + body).join(""));
  socket.write("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  const answers = (await text(socket)).match(/^(\[|\{"status).*?[\]}]/gm);
  expect(answers).toEqual([...bodies.map((_, i) => `[${200 + 2 * i}]`), '{"status":"ok"}']);
});

it("a client that goes away ends the call that it asked for", async () => {
  service.events.length = 0;
  const socket = open();
  socket.write(`${head("/abandoned", 1)}1`);
  await expect.poll(() => service.events).toEqual(["asked"]);
  socket.destroy();
  await expect.poll(() => service.events).toEqual(["asked", "The client has gone."]);
  const metrics = async () => await (await fetch(`${server.url}/metrics`)).text();
  await expect.poll(metrics).toContain('millrace_requests_in_progress{api="abandoned",service="Doubler"} 0');
  expect(await metrics()).toContain(
    'millrace_request_duration_seconds_count{service="Doubler",api="abandoned",status="499"} 1',
  );
});

it("a request's id comes back only if it can do no harm", async () => {
  const echoed = async (id: string) => {
    const response = await fetch(`${server.url}/livez`, { headers: { "x-request-id": id } });
    return response.headers.get("x-request-id") === id;
  };
  expect(await echoed("1-5759e988-bd862e3fe1be46a994272793")).toBe(true);
  for (const id of ["<script>", "a b", "x".repeat(129), '{"level":60}', "é"]) expect(await echoed(id)).toBe(false);
});

it("a server that ends answers what has come, and waits for no client that does not send", async () => {
  const own = new Doubler().pack("factor", 2).pack("events", []);
  const ending = await serve(
    { service: own, description: describeService(Doubler), version: "1" },
    { port: 0, logLevel: "silent", receiveTimeouts: { request: 400 } },
  );
  const connected = async (sent: string) => {
    const socket = connect(Number(new URL(ending.url).port), "127.0.0.1");
    socket.write(sent);
    return socket;
  };
  const gate = Promise.withResolvers<void>();
  gates.set("end", gate);
  const body = '{"until":"end"}';
  const held = await connected(head("/hold", body.length) + body);
  const uploading = await connected(head("/batched", 3));
  const others = await Promise.all(["", "POST /batched HTTP/1.1\r\nhost: x\r\n", head("/batched", 100)].map(connected));
  const idle = await connected("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(idle, "data");
  await expect
    .poll(async () => (await fetch(`${ending.url}/metrics`)).text())
    .toContain('millrace_requests_in_progress{api="hold",service="Doubler"} 1');
  const closed = ending.close();
  uploading.write("[1]");
  expect(await text(uploading)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\n\r\n\[2\]$/);
  await Promise.all([...others, idle].map((socket) => text(socket).catch(() => undefined)));
  expect(held.closed).toBe(false);
  gate.resolve();
  expect(await text(held)).toMatch(/^HTTP\/1.1 200 OK/);
  await closed;
  expect(own.events).toEqual(["startup", "shutdown"]);
});
