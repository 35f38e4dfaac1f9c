import { getEventListeners } from "node:events";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemInterpreter } from "../../lib/environment/interpreter.ts";
import { PythonChannel } from "../../lib/model/python/channel.ts";

let channel: PythonChannel;
beforeAll(async () => {
  channel = new PythonChannel((await systemInterpreter()).program);
  await channel.ask({ type: "load", folder: resolve("test/python/fixtures"), file: "sleeper.py" } as never);
  await channel.ask({ type: "start", models: {} } as never);
});
afterAll(() => channel.stop());

it("a call that nobody waits for is not begun", async () => {
  await expect(channel.call("nap", 0, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  expect(await channel.call("naps", null)).toBe(0);
});

it("a call that is given up is over at once, also where it waits for its turn", async () => {
  const controller = new AbortController();
  const first = channel.call("nap", 0.2);
  const second = channel.call("nap", 0, controller.signal);
  controller.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  expect(await first).toBe(1);
  expect(await channel.call("naps", null)).toBe(1);
});

it("a signal that goes on is not listened to after the answer", async () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) await channel.call("naps", null, signal);
  await expect(channel.call("nap", -1, signal)).rejects.toThrow("non-negative");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
