import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fixture, TestStore } from "./store.ts";

let store: TestStore;
beforeAll(async () => {
  store = await TestStore.make();
});
afterAll(() => store.remove());

describe("a task that goes wrong fails alone, and its next attempt runs", () => {
  const failures: Record<string, object> = {
    throw: {
      name: "RangeError",
      message: "too much",
      stack: `    at goWrong (${fixture("faults.ts")}:37:13)\n    at Faults.wrong (${fixture("faults.ts")}:17:43)`,
    },
    "throw a string": { name: "Error", message: "The step threw 'just words', which is no Error." },
    exit: {
      name: "TASK_DIED",
      message: "The step ended its process with exit code 3. Return or throw instead of calling process.exit().",
    },
    "throw later": {
      name: "Error",
      message: "from a timer",
      stack: `    at Timeout._onTimeout (${fixture("faults.ts")}:45:15)`,
    },
    "reject unheard": { name: "Error", message: "nobody listens", stack: expect.stringContaining("faults.ts:49:22") },
  };

  test.each(Object.entries(failures))("%s", async (how, failure) => {
    const { run, events, tasks, artifacts } = await store.run("faults.ts", { how });

    expect(run.status).toBe("succeeded");
    expect(artifacts).toEqual({ how, value: 0, survived: true });
    expect(tasks).toEqual(["start//0", "wrong//0!", "right//0", "join//0", "end//0"]);
    expect(events.filter(({ type }) => type === "task-retrying")).toEqual([
      {
        type: "task-retrying",
        task: { step: "wrong", path: "", visit: 0 },
        attempt: 0,
        failure: { task: { step: "wrong", path: "", visit: 0 }, attempt: 0, ...failure },
        delay: expect.any(Number),
      },
    ]);
    expect(await store.log(run, "wrong", 0)).toEqual(["stdout: attempt 0"]);
    expect(await store.log(run, "wrong", 1)).toEqual(["stdout: attempt 1"]);
  });
});

test("a promise that a step leaves rejected is the step's own failure, not the next one's", async () => {
  const { run, tasks } = await store.run("faults.ts#Leaves");

  expect(tasks).toEqual(["start//0!"]);
  expect(run.failure).toMatchObject({ message: "left behind", task: { step: "start", path: "", visit: 0 } });
});

test.each(["timer", "promise"])(
  "an error of a %s that a step left behind is told as that, and fails no other step",
  async (how) => {
    const { run, events, tasks } = await store.run("faults.ts#LeavesTimer", { how }, { maxWorkers: 1 });

    expect(run.status).toBe("succeeded");
    expect(tasks).toEqual(["start//0", "later//0", "end//0"]);
    expect(events.filter(({ type }) => type === "late-error")).toEqual([
      {
        type: "late-error",
        task: { step: "start", path: "", visit: 0 },
        attempt: 0,
        failure: { name: "Error", message: "too late", stack: expect.stringContaining(fixture("faults.ts")) },
      },
    ]);
  },
);

describe("a task that hangs", () => {
  test("is stopped at its time-out, whatever it does", async () => {
    const { run, tasks } = await store.run("faults.ts#Hang");

    expect(tasks).toEqual(["start//0!"]);
    expect(run).toMatchObject({
      status: "failed",
      failure: {
        name: "TIMEOUT",
        message:
          "The step start took longer than its time-out of 300 ms and was stopped. Raise `timeout` in the step's options, or let the step do less.",
        task: { step: "start", path: "", visit: 0 },
        attempt: 0,
      },
    });
    expect(await store.log(run, "start")).toEqual(["stdout: before"]);
  });
});

describe("the first failure", () => {
  test("stops the tasks beside it, and is the run's", async () => {
    const { run, events, tasks } = await store.run("faults.ts#Siblings");

    expect(tasks).toEqual(["start//0", "fails//0!", "waits//0!"]);
    expect(run).toMatchObject({ status: "failed", failure: { message: "first", task: { step: "fails" } } });
    expect(events.filter(({ type }) => type === "task-failed")).toHaveLength(1);
    expect(events.at(-1)).toEqual({ type: "run-ended", run });
    const [stopped] = await store.read((records) => records.tasks(run.flow, run.run, "waits"));
    expect(stopped?.attempts[0]?.failure).toMatchObject({ name: "STOPPED" });
  });
});

describe("a step with a process of its own", () => {
  test("runs in another process, with its lines", async () => {
    const { run, artifacts } = await store.run("faults.ts#Isolated");

    expect(run.status).toBe("succeeded");
    expect(artifacts?.pid).not.toBe(process.pid);
    expect(await store.log(run, "start")).toEqual([`stdout: pid ${artifacts?.pid}`]);
  });

  test.each([
    ["exit", "The step ended its process with exit code 4. Return or throw instead of calling process.exit()."],
    ["signal", "The step's process was ended by SIGTERM. Give it more memory, or look at what sends the signal."],
  ])("fails alone: %s", async (how, message) => {
    const { run } = await store.run("faults.ts#Isolated", { how });

    expect(run).toMatchObject({ status: "failed", failure: { name: "TASK_DIED", message } });
  });

  test("that fills its heap is told so", async () => {
    vi.stubEnv("NODE_OPTIONS", "--max-old-space-size=50");
    const { run } = await store.run("faults.ts#FillsItsHeap").finally(() => vi.unstubAllEnvs());

    expect(run.failure).toMatchObject({
      name: "OUT_OF_MEMORY",
      message: expect.stringContaining("The step ran out of memory: its heap is full."),
    });
  });

  test("is stopped together with the processes that it started", async () => {
    const { run } = await store.run("faults.ts#Isolated", { how: "hang" });

    expect(run.failure?.name).toBe("TIMEOUT");
    const pids = (await store.log(run, "start")).map((line) => Number(line.split(" ").at(-1)));
    expect(pids).toHaveLength(2);
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    // A process that nobody has waited for yet has ended all the same.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

test("a foreach over more items than its max fails, as it does on AWS", async () => {
  const { run } = await store.run("each.ts#AtMost", { n: 3 });
  expect(run).toMatchObject({
    status: "failed",
    failure: {
      name: "FOREACH_MAX",
      message:
        "The foreach after start goes over 3 items; its max is 2. Raise max in the options of this.foreach(), or hand it fewer items.",
    },
  });
  expect((await store.run("each.ts#AtMost", { n: 2 })).run.status).toBe("succeeded");
});
