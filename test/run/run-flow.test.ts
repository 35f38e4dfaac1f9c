import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture, TestStore } from "./store.ts";

let store: TestStore;
beforeAll(async () => {
  store = await TestStore.make();
});
afterAll(() => store.remove());

/** Runs a fixture in a process of its own; its events come as lines. */
function spawnRunner(target: string, parameters: object = {}, flags: readonly string[] = []) {
  const args = [...flags, fixture("runner.ts"), fixture(target), store.folder, JSON.stringify(parameters)];
  const runner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: {} });
  return { runner, events: createInterface(runner.stdout) };
}

async function untilLine({ runner, events }: { runner: ChildProcess; events: AsyncIterable<string> }, text: string) {
  for await (const event of events) if (event.includes(text)) return runner;
  throw new Error(`The runner ended without ${text}.`);
}

describe("a run", () => {
  test("has a record with what it was started with, and tells its id in a file", async () => {
    const runIdFile = join(store.folder, "run-id");
    const { run } = await store.run("console.ts", {}, { tags: ["b", "a", "b"], runIdFile });

    expect(await readFile(runIdFile, "utf8")).toBe(run.run);
    expect(run.run).toMatch(/^\d{8}-\d{6}-\d{3}-[0-9a-z]{4}$/);
    expect(await store.read((records) => records.run("Console", run.run))).toEqual({
      flow: "Console",
      run: run.run,
      status: "succeeded",
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      parameters: {},
      tags: ["a", "b"],
      steps: ["start", "end"],
      owner: { kind: "process", host: expect.any(String), pid: process.pid, began: expect.any(String) },
    });
  });

  test("does not begin with wrong parameters", async () => {
    await expect(store.run("faults.ts", { how: 3 })).rejects.toMatchObject({ code: "PARAMETER" });
    expect(await store.read((records) => records.runs("Faults"))).toEqual([]);
  });

  test("does not begin where the store cannot be written to", async () => {
    const file = join(store.folder, "file");
    await writeFile(file, "");

    await expect(store.run("console.ts", {}, { store: file })).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  });

  test("goes on beside another one in the same store", async () => {
    const runs = await Promise.all([store.run("handlers.yaml"), store.run("handlers.yaml")]);

    expect(runs.map(({ run }) => run.status)).toEqual(["succeeded", "succeeded"]);
    expect(new Set(runs.map(({ run }) => run.run)).size).toBe(2);
    expect(runs[0].tasks).toEqual(runs[1].tasks);
  });

  test("uses no more workers than it may", async () => {
    let running = 0;
    let most = 0;
    await store.run(
      "../../conformance/flows/nested-foreach.ts",
      {},
      {
        maxWorkers: 1,
        onEvent: ({ type }) => {
          if (type === "task-started") most = Math.max(most, ++running);
          if (type === "task-succeeded") running--;
        },
      },
    );
    expect(most).toBe(1);
  });
});

describe("a run that is stopped from outside", () => {
  test("by Ctrl-C ends as interrupted", async () => {
    const spawned = spawnRunner("faults.ts#Waits");
    const runner = await untilLine(spawned, '"waiting"');
    runner.kill("SIGINT");
    expect(await once(runner, "exit")).toEqual([0, null]);

    const [run] = await store.read((records) => records.runs("Waits"));
    expect(run).toMatchObject({ status: "interrupted", failure: { name: "INTERRUPTED" } });
    const [wait] = await store.read((records) => records.tasks("Waits", run?.run ?? "", "wait"));
    expect(wait?.attempts).toMatchObject([{ status: "failed", failure: { name: "STOPPED" } }]);
  });

  test("by kill -9 is lost, with all that its tasks had committed and written", async () => {
    const spawned = spawnRunner("faults.ts#Waits");
    const runner = await untilLine(spawned, '"waiting"');
    runner.kill("SIGKILL");
    await once(runner, "exit");

    const run = await store.read(async (records) => (await records.runs("Waits"))[0]);
    expect(run?.status).toBe("lost");
    const [start] = await store.read((records) => records.tasks("Waits", run?.run ?? "", "start"));
    expect(start?.committed?.artifacts.done).toMatchObject({ inline: "1" });
    expect(run && (await store.log(run, "wait"))).toEqual(["stdout: waiting"]);
  });
});

describe("a task that fills the heap", () => {
  test("fails alone, and its next attempt runs", async () => {
    const { runner, events } = spawnRunner("faults.ts", { how: "fill the heap" }, ["--max-old-space-size=64"]);
    const lines: string[] = [];
    for await (const line of events) lines.push(line);
    if (runner.exitCode === null) await once(runner, "exit");

    const parsed = lines.map((line) => JSON.parse(line));
    expect(parsed.find(({ type }) => type === "task-retrying")?.failure).toMatchObject({ name: "OUT_OF_MEMORY" });
    expect(parsed.at(-1)).toMatchObject({ type: "run-ended", run: { status: "succeeded" } });
  });
});
