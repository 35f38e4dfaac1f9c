import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Talker } from "./fixtures/talker.ts";
import { startServer } from "./support/server-process.ts";

let scratch: string;
let bundle: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-output-"));
  bundle = await new Talker().save(join(scratch, "talker"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** The log of a server that was asked once. */
async function logged(...args: readonly string[]) {
  const server = await startServer(bundle, args);
  expect(await server.answer("/say", "ça")).toBe(null);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  return server.log();
}

it("what a service writes to its console is events of the log", async () => {
  const event = { time: expect.any(Number), service: "Talker" };
  const info = (msg: string) => ({ level: 30, ...event, msg });
  const error = (msg: string) => ({ level: 50, ...event, msg });
  expect(await logged()).toEqual([
    info("warming up"),
    { ...info("listening"), url: expect.any(String), version: expect.any(String), apis: ["/say"] },
    info("the word is ça { length: 2 }"),
    info("two\nlines"),
    error("careful"),
    info("half and half"),
    error("Error: with a trace"),
    { ...info("stopping"), signal: "SIGTERM" },
    info("cooling down"),
  ]);
});

it("what it writes is logged by the level that the log has", async () => {
  expect((await logged("--log-level", "error")).map(({ msg }) => msg)).toEqual(["careful", "Error: with a trace"]);
  expect(await logged("--log-level", "silent")).toEqual([]);
});
