import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fragile } from "./fixtures/fragile.ts";
import { NeverReady } from "./fixtures/never-ready.ts";
import { type ServerProcess, startServer } from "./support/server-process.ts";

let scratch: string;
let bundle: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-processes-"));
  bundle = await new Fragile().pack("greeting", "Hello").save(join(scratch, "fragile"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function stop(server: ServerProcess): Promise<void> {
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
}

/** @param label Such as `api="wait"`. */
async function metric(server: ServerProcess, name: string, label: string): Promise<number> {
  const headers = { connection: "close" };
  const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name}{`) && line.includes(label));
  return Number(line?.split(" ").at(-1));
}

const inProgress = (server: ServerProcess) => metric(server, "millrace_requests_in_progress", 'api="wait"');

describe("SageMaker's contract", () => {
  it("serve: /ping and /invocations on the port that is asked for", async () => {
    const began = performance.now();
    const server = await startServer(bundle, ["serve"]);
    const ping = await fetch(`${server.url}/ping`);
    expect(ping.status).toBe(200);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await server.answer("/invocations", "Ada")).toBe("Hello, Ada");
    const wanted = { "x-amzn-sagemaker-custom-attributes": "api=wait" };
    expect(await (await server.post("/invocations", 1, wanted)).text()).toBe("1");
    await stop(server);
  });

  it("models that are mounted come before those in the image", async () => {
    const models = await new Fragile().pack("greeting", "Good evening").save(join(scratch, "retrained"));
    const server = await startServer(bundle, ["serve"], { SM_MODEL_DIR: models });
    expect(await server.answer("/invocations", "Ada")).toBe("Good evening, Ada");
    await stop(server);
  });

  it("SIGTERM: what is being answered is answered, nothing else is taken, and the process ends", async () => {
    const server = await startServer(bundle, ["serve"]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const held = server.post("/wait", 700);
    // A connection that is open when the signal comes, with a request on it.
    const other = send(agent, server, "/wait", "600");
    await expect.poll(() => inProgress(server)).toBe(2);
    server.child.kill("SIGTERM");
    await expect.poll(async () => await fetch(`${server.url}/ping`).catch(() => "refused")).toBe("refused");
    const followUp = send(agent, server, "/greet", '"Ada"').catch(() => "refused");
    expect(await (await held).text()).toBe("700");
    expect(await other).toEqual({ status: 200, text: "600" });
    expect(await followUp).toBe("refused");
    expect(await server.ended).toBe(0);
    expect(server.log().map(({ msg }) => msg)).toEqual(["listening", "stopping"]);
  });

  it("SIGTERM: while the service starts, the process ends at once, also as the first of a container", async () => {
    const folder = await new NeverReady().save(join(scratch, "never-ready"));
    const child = spawn(process.execPath, [join(folder, "server.mjs"), "serve"]);
    expect(JSON.parse(String((await once(child.stdout, "data"))[0]))).toMatchObject({ msg: "starting" });
    child.kill("SIGTERM");
    // Of a process that does not listen to it: [null, "SIGTERM"].
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it("SIGTERM: a request that came behind another one, before the signal, is answered", async () => {
    const server = await startServer(bundle, ["serve"]);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk));
    const head = "POST /wait HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length:";
    socket.write(`${head} 1\r\n\r\n1${head} 3\r\n\r\n500`);
    await expect.poll(() => received).toMatch(/^HTTP\/1\.1 200 OK/);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
  });

  it("SIGTERM: a request that was sent behind another one is refused, and told when to come again", async () => {
    const server = await startServer(bundle, ["serve"]);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk));
    const message = (path: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(message("/wait", "500"));
    await expect.poll(() => inProgress(server)).toBe(1);
    server.child.kill("SIGTERM");
    await expect.poll(() => server.output()).toContain("stopping");
    socket.write(message("/greet", '"Ada"'));
    expect(await server.ended).toBe(0);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(received).not.toContain("Hello");
    const [, second] = received.split("HTTP/1.1 503 ");
    // The server may have closed the connection before it read the second one.
    if (second !== undefined) expect(second).toMatch(/retry-after: 1[\s\S]*"code":"STOPPING"/);
  });
});

describe("a failure", () => {
  it("tells the client nothing, and the log everything, under the request's id", async () => {
    const server = await startServer(bundle, []);
    const response = await server.post("/fail", "hunter2", { "x-request-id": "trace-1" });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("hunter2");
    await stop(server);
    const [listening, failed, refused] = server.log();
    expect(listening).toMatchObject({ level: 30, msg: "listening", url: server.url, service: "Fragile" });
    expect(failed).toMatchObject({
      level: 50,
      msg: "the service failed",
      requestId: "trace-1",
      err: { type: "Error", message: "the secret is hunter2", stack: expect.stringContaining("fail") },
    });
    expect(refused).toMatchObject({ level: 30, msg: "refused", requestId: "trace-1", url: "/fail", status: 500 });
  });
});

describe("workers", () => {
  it("add their metrics up, whichever is asked", async () => {
    const server = await startServer(bundle, ["--workers", "3", "--log-level", "warn"]);
    const pids = new Set<number>();
    let asked = 0;
    while (pids.size < 3) {
      const response = await server.post("/pid", null, { connection: "close" });
      pids.add(Number(await response.text()));
      asked++;
    }
    const count = "millrace_request_duration_seconds_count";
    for (let scrape = 0; scrape < 6; scrape++) expect(await metric(server, count, 'api="pid"')).toBe(asked);
    await stop(server);
  });

  it("are replaced when they die", async () => {
    const server = await startServer(bundle, ["--workers", "2", "--log-level", "warn"]);
    const pid = Number(await (await server.post("/pid", null, { connection: "close" })).text());
    process.kill(pid, "SIGKILL");
    await expect.poll(() => server.output()).toContain("a worker died");
    expect(server.log()).toMatchObject([{ level: 50, pid, signal: "SIGKILL", msg: "a worker died" }]);
    const pids = new Set<number>();
    await expect
      .poll(async () => {
        pids.add(Number(await (await server.post("/pid", null, { connection: "close" })).text()));
        return pids.size;
      })
      .toBe(2);
    expect(pids).not.toContain(pid);
    await stop(server);
  });

  it("answer what they have begun before they end", async () => {
    const server = await startServer(bundle, ["--workers", "2", "--log-level", "warn"]);
    const held = Array.from({ length: 6 }, () => server.post("/wait", 500, { connection: "close" }));
    await expect.poll(() => inProgress(server)).toBe(6);
    server.child.kill("SIGTERM");
    const answers = await Promise.all(held);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await server.ended).toBe(0);
  });
});

it.runIf(process.platform === "linux")("2,000 open connections cost little, and others are answered", async () => {
  const server = await startServer(bundle, ["--log-level", "warn"]);
  const memory = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1]) / 1024;
  const before = memory();
  const sockets: Socket[] = [];
  for (let batch = 0; batch < 20; batch++) {
    const opened = Array.from({ length: 100 }, () => connect(Number(new URL(server.url).port), "127.0.0.1"));
    await Promise.all(
      opened.map(async (socket) => {
        socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
        await new Promise((resolve) => socket.once("data", resolve));
      }),
    );
    sockets.push(...opened);
  }
  expect(await server.answer("/greet", "Ada")).toBe("Hello, Ada");
  expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(2_000);
  expect(memory() - before).toBeLessThan(100);
  await stop(server);
  for (const socket of sockets) socket.destroy();
});

function send(agent: Agent, server: ServerProcess, path: string, body: string) {
  return new Promise<{ readonly status: number | undefined; readonly text: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${server.url}${path}`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk)).on("end", () => resolve({ status: response.statusCode, text }));
    });
    sent.on("error", reject).end(body);
  });
}
