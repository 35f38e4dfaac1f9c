import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type Client, openClient, type Run, type Step, Task } from "../../lib/client/index.ts";
import { InlineBudget, storeArtifact } from "../../lib/data/artifacts.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import type { TaskCommit } from "../../lib/metadata/records.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import { address, runRecord, time } from "../metadata/store-specification.ts";

/** What the flow's class would say of its artifacts. */
interface Train {
  total: number;
  weights: Float64Array;
  fit(): void;
}

let folder: string;
let client: Client;

async function commitOf(
  values: Readonly<Record<string, unknown>>,
  change: Partial<TaskCommit> = {},
): Promise<TaskCommit> {
  const blobs = new FolderBlobStore(folder);
  const budget = new InlineBudget();
  const refs = Object.entries(values).map(async ([name, value]) => [
    name,
    await storeArtifact(value, name, blobs, budget),
  ]);
  return { attempt: 0, artifacts: Object.fromEntries(await Promise.all(refs)), transition: 0, ...change };
}

/** r1 succeeded, r2 failed in the second of its three iterations, r3 runs elsewhere; Other has no run that succeeded. */
async function recordRuns(): Promise<void> {
  const store = new SqliteMetadataStore(folder);
  const weights = Float64Array.from({ length: 10_000 }, (_, index) => Math.sin(index));
  await store.beginRun(runRecord({ run: "r1", parameters: { alpha: 0.5 }, tags: ["nightly"] }));
  for (const [number, step] of ["start", "fit", "end"].entries()) {
    const task = address(step, "", { run: "r1" });
    const log = { kind: "file", file: `logs/Train/r1/${step}/0.0.jsonl` } as const;
    await store.startAttempt(task, "0", time(number), log);
    const values = { alpha: 0.5, total: number, ...(number > 0 && { weights }) };
    await store.commit(task, "0", time(number + 1), await commitOf(values));
  }
  const log = join(folder, "logs/Train/r1/fit/0.0.jsonl");
  await mkdir(dirname(log), { recursive: true });
  const lines = [
    { time: time(1), stream: "stdout", text: "epoch 1: ö" },
    { time: time(2), stream: "stderr", text: "warning" },
  ];
  await writeFile(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await appendFile(log, '{"time":"2026-01-01T00:00:02.000Z","str');
  await store.endRun("Train", "r1", { status: "succeeded", endedAt: time(3) });

  const failure = { name: "RangeError", message: "too few", task: { step: "fit", path: "1", visit: 0 }, attempt: 1 };
  await store.beginRun(runRecord({ run: "r2", startedAt: time(10) }));
  const frame = { hash: "0".repeat(64), size: 9, codec: "json", type: "Array(3)", inline: "[1,2,3]" };
  const foreach = { count: 3, frames: [{ items: 3, ref: frame }] };
  await store.startAttempt(address("start", "", { run: "r2" }), "0", time(10));
  await store.commit(address("start", "", { run: "r2" }), "0", time(11), await commitOf({ total: 7 }, { foreach }));
  for (const index of [0, 1, 2]) {
    const task = address("fit", String(index), { run: "r2", count: 3 });
    await store.startAttempt(task, "0", time(12));
    if (index === 0) {
      const item = { index, count: 3, frame, position: index };
      await store.commit(task, "0", time(13), await commitOf({ total: 8 }, { item }));
    }
    if (index === 1) {
      await store.failAttempt(task, "0", time(14), { name: "RangeError", message: "at first" });
      await store.startAttempt(task, "1", time(15));
      await store.failAttempt(task, "1", time(16), failure);
    }
  }
  await store.endRun("Train", "r2", { status: "failed", endedAt: time(20), failure });

  await store.beginRun(runRecord({ run: "r3", startedAt: time(30), tags: ["nightly"] }));
  await store.beginRun(runRecord({ flow: "Other", run: "r1" }));
  await store.close();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "client-"));
  await recordRuns();
  client = await openClient({ folder });
});

afterAll(async () => {
  await client.close();
  await rm(folder, { recursive: true });
});

async function problem(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    const { code, message, fix } = error as { code?: unknown; message: string; fix?: unknown };
    return { code, message, fix };
  }
  throw new Error("It should have failed.");
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

describe("a flow's runs", () => {
  it("are found by recency, success, tag and id", async () => {
    const flow = client.flow("Train");
    expect((await client.flows()).map(({ name }) => name)).toEqual(["Other", "Train"]);
    expect((await flow.latestRun())?.id).toBe("r3");
    expect((await flow.latestSuccessfulRun())?.id).toBe("r1");
    expect((await flow.runs()).map(({ id }) => id)).toEqual(["r3", "r2", "r1"]);
    expect((await flow.runs({ tag: "nightly" })).map(({ id }) => id)).toEqual(["r3", "r1"]);
    expect((await flow.runs({ before: time(30), limit: 1 })).map(({ id }) => id)).toEqual(["r2"]);
    expect((await flow.run("latest")).id).toBe("r3");
    expect(await client.flow("Other").latestSuccessfulRun()).toBeUndefined();
    expect(await client.flow("Unknown").latestRun()).toBeUndefined();
  });

  it("tell what they are", async () => {
    const run = await client.flow("Train").run("r2");
    expect(run).toMatchObject({
      flow: "Train",
      id: "r2",
      pathspec: "Train/r2",
      status: "failed",
      parameters: {},
      tags: [],
      startedAt: time(10),
      endedAt: time(20),
      failure: { name: "RangeError", message: "too few", task: { step: "fit", path: "1", visit: 0 }, attempt: 1 },
    });
    expect((await run.steps()).map(({ pathspec }) => pathspec)).toEqual(["Train/r2/start", "Train/r2/fit"]);
  });

  it("take and lose tags", async () => {
    const run = await client.flow("Train").run("r1");
    await run.addTag("best", "kept");
    expect(run.tags).toEqual(["best", "kept", "nightly"]);
    await run.removeTag("best", "kept");
    expect((await client.flow("Train").run("r1")).tags).toEqual(["nightly"]);
  });
});

describe("a run's data", () => {
  it("is what end left, with the types of the flow's class", async () => {
    const run = await client.flow<Train>("Train").run("r1");
    expect(await run.data.total).toBe(2);
    expect((await run.data.weights)[1]).toBe(Math.sin(1));
    expectTypeOf(run.data.total).toEqualTypeOf<Promise<number>>();
    expectTypeOf(run.data).not.toHaveProperty("fit");
  });

  it("is what the last task left that succeeded, where the run has not come to its end", async () => {
    const run = await client.flow<Train>("Train").run("r2");
    expect(await run.data.total).toBe(8);
  });

  it("names what is there where something else is asked for", async () => {
    const run = await client.flow("Train").run("r1");
    expect(await problem(() => run.data.totl)).toEqual({
      code: "NOT_FOUND",
      message: 'There is no artifact of Train/r1/end/0 "totl".',
      fix: "Did you mean total? There are total, alpha, weights.",
    });
  });
});

describe("a task", () => {
  it("tells what became of it", async () => {
    const tasks = await (await client.flow("Train").run("r2")).step("fit").tasks();
    expect(tasks.map(({ id, status }) => [id, status])).toEqual([
      ["0", "succeeded"],
      ["1", "failed"],
      ["2", "lost"],
    ]);
    expect(tasks[0]).toMatchObject({ startedAt: time(12), endedAt: time(13), iteration: { index: 0, count: 3 } });
    expect(tasks[0]?.exception).toBeUndefined();
    expect(tasks[1]?.exception).toMatchObject({ name: "RangeError", message: "too few" });
    expect(tasks[1]?.attempts.map(({ attempt, failure }) => [attempt, failure?.message])).toEqual([
      [0, "at first"],
      [1, "too few"],
    ]);
    expect(tasks[1]?.artifacts()).toEqual([]);
    expect((await client.get("Train/r2/start/0")).foreachCount).toBe(3);
  });

  it("gives one artifact without loading another", async () => {
    const task = await (await client.flow<Train>("Train").run("r1")).step("fit").task();
    expect(task.artifacts().map(({ name, type, size }) => ({ name, type, size }))).toEqual([
      { name: "alpha", type: "number", size: 3 },
      { name: "total", type: "number", size: 1 },
      { name: "weights", type: "Float64Array(10000)", size: 80_128 },
    ]);
    const weights = task.artifact("weights");
    expect(weights).toMatchObject({ codec: "npy", hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await rm(join(folder, "blobs"), { recursive: true });
    expect(await task.artifact("total").value()).toBe(1);
    expect(await task.data.total).toBe(1);
    expect(await problem(() => weights.value())).toMatchObject({ code: "BLOB_MISSING" });
    await commitOf({ weights: Float64Array.from({ length: 10_000 }, (_, index) => Math.sin(index)) });
    expect(await weights.value()).toHaveLength(10_000);
  });

  it("gives its console lines, without one that was cut off when the runner was killed", async () => {
    const task = await client.get("Train/r1/fit/0");
    expect(await all(task.lines())).toEqual([
      { attempt: 0, time: time(1), stream: "stdout", text: "epoch 1: ö" },
      { attempt: 0, time: time(2), stream: "stderr", text: "warning" },
    ]);
    expect(await all((await client.get("Train/r1/end/0")).lines())).toEqual([]);
    expect(await all((await client.get("Train/r2/fit/1")).lines())).toEqual([]);
  });
});

describe("a pathspec", () => {
  it("names a run, a step or a task", async () => {
    expect(((await client.get("Train/latest")) as Run).id).toBe("r3");
    expect(((await client.get("Train/r2/fit")) as Step).pathspec).toBe("Train/r2/fit");
    expect((await client.get("Train/r2/fit/2")).pathspec).toBe("Train/r2/fit/2");
    expect(await client.get("Train/r1/fit/0")).toBeInstanceOf(Task);
  });

  it.each([
    ["Trian/r1", 'There is no flow "Trian".', "Did you mean Train? There are Train, Other."],
    ["Train/r4", 'There is no run of Train "r4".', "Did you mean r3? There are r3, r2, r1."],
    ["Other/r1/fit", 'There is no step of Other/r1 "fit".', "There is none at all yet."],
    ["Train/r1/fitt", 'There is no step of Train/r1 "fitt".', "Did you mean fit? There are fit, start, end."],
    ["Train/r2/fit/7", 'There is no task of Train/r2/fit "7".', "Did you mean 0? There are 0, 1, 2."],
    ["Train/r2/fit/x", 'There is no task of Train/r2/fit "x".', "Did you mean 0? There are 0, 1, 2."],
  ])("%s, which is not on record, is answered with what is", async (pathspec, message, fix) => {
    expect(await problem(() => client.get(pathspec))).toEqual({ code: "NOT_FOUND", message, fix });
  });

  it.each(["", "Train", "Train/", "/r1", "Train/r1/", "Train/r1//0", "Train/r1/fit/0/more"])(
    "%j is none",
    async (text) => {
      expect(await problem(() => client.get(text))).toEqual({
        code: "PATHSPEC",
        message: `${JSON.stringify(text)} names no run, step or task.`,
        fix: "Write Flow/run, Flow/run/step or Flow/run/step/task; the run may be latest.",
      });
    },
  );

  it("of a step with several tasks needs the task's id where one is wanted", async () => {
    const run = await client.flow("Train").run("r2");
    expect(await problem(() => run.step("fit").task())).toEqual({
      code: "SEVERAL_TASKS",
      message: "Train/r2/fit has 3 tasks.",
      fix: "Name one, 0 for example, or read all with tasks().",
    });
  });
});

describe("a store", () => {
  it("that is not there is an error, and is not made", async () => {
    const nowhere = join(folder, "nowhere");
    expect(await problem(() => openClient({ folder: nowhere }))).toEqual({
      code: "STORE_MISSING",
      message: `There is no store in ${nowhere}.`,
      fix: "Run a flow first, or name the store's folder with MILLRACE_STORE.",
    });
  });

  it("on AWS is named by both its table and its bucket", async () => {
    expect(await problem(() => openClient({ table: "records", bucket: "" }))).toEqual({
      code: "STORE_LOCATION",
      message: 'A store on AWS is a table and a bucket; got {"table":"records","bucket":""}.',
      fix: "Name both: they are outputs of the stack of the FlowEnvironment.",
    });
  });
});
