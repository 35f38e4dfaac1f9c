import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture, TestStore } from "./store.ts";

let store: TestStore;
beforeAll(async () => {
  store = await TestStore.make();
});
afterAll(() => store.remove());

const line = (at: number) => expect.stringContaining(`${fixture("artifacts.ts")}:${at}:`);

describe("what a step must not do", () => {
  const refusals: Record<string, object> = {
    "store a function": {
      name: "ENCODE",
      message: expect.stringContaining("this.model.layers[0].activate is a function"),
    },
    "read an unset artifact": {
      name: "UNSET_ARTIFACT",
      message:
        "The step act reads the artifact late, which is unset: no step before it has set it. Give its field a first value, or set this.late on every path that leads to act.",
      stack: line(28),
    },
    "write a parameter": {
      name: "PARAMETER_WRITE",
      message:
        "The step act writes to the parameter how; parameters keep the value that the run was started with. Put the new value into an artifact: declare a field without readonly.",
      stack: line(31),
    },
    "change a parameter in place": {
      name: "TypeError",
      message: "Cannot assign to read only property 'rate' of object '#<Object>'",
      stack: line(34),
    },
    "set what is no field": {
      name: "UNDECLARED_ARTIFACT",
      message:
        "The step act sets this.extra, which is no field of the flow. Declare it in the class (extra = …, or extra = artifact() where it has no first value), or make it a local variable.",
    },
  };

  test.each(Object.entries(refusals))("%s", async (how, failure) => {
    const { run } = await store.run("artifacts.ts", { how });

    expect(run.status).toBe("failed");
    expect(run.failure).toEqual({ task: { step: "act", path: "", visit: 0 }, attempt: 0, ...failure });
  });

  test("read in a join what its branches changed differently", async () => {
    const { run } = await store.run("artifacts.ts#Conflict");

    expect(run.failure).toMatchObject({
      name: "UNSET_ARTIFACT",
      message:
        "The step join reads the artifact x, which is unset: the branches a, b changed it to different values. Set this.x in the join, from its inputs.",
    });
  });
});

describe("what a step is told of an error", () => {
  test("that comes of its items while they are stored shows its own code alone", async () => {
    const { run } = await store.run("artifacts.ts#Items");

    expect(run.failure).toMatchObject({ name: "RangeError", message: "no such item" });
    expect(run.failure?.stack).toMatch(/^ {4}at [^\n]*artifacts\.ts:\d+:\d+\)$/);
  });

  test("that a thread gives is what to do about it", async () => {
    const { run } = await store.run("artifacts.ts#ChangesFolder");

    expect(run.failure?.message).toBe(
      'process.chdir() is not supported in workers. Give the step isolate: "process": it then runs in a process of its own.',
    );
  });
});

describe("a flow that is written as a file", () => {
  test("runs its functions and programs", async () => {
    const { run, artifacts } = await store.run("handlers.yaml", { rate: 5 });

    expect(run.failure).toBeUndefined();
    expect(artifacts).toEqual({ rate: 5, rows: [3, 4], scaled: ["0: 15", "1: 20"], note: "few, in few" });
    expect(await store.log(run, "shell")).toEqual(["stdout: Handlers shell 5"]);
    expect(await store.log(run, "end")).toEqual(["stdout: few, in few"]);
  });

  test("fails where a program does", async () => {
    const { run } = await store.run("program.yaml");

    expect(run.failure).toEqual({
      name: "COMMAND",
      message: "sh ended with exit code 7. Its last lines in the task's log may tell why.",
      task: { step: "start", path: "", visit: 0 },
      attempt: 0,
    });
    expect([...(await store.log(run, "start"))].sort()).toEqual(["stderr: to stderr", "stdout: to stdout"]);
  });
});

describe("console lines", () => {
  test("go to the attempt's log and to whoever listens, line by line", async () => {
    const { run, events } = await store.run("console.ts");

    const lines = ["stdout: one", "stdout: two", "stderr: to stderr", "stdout: in pieces, without an end"];
    expect(await store.log(run, "start")).toEqual(lines);
    expect(
      events.flatMap((event) =>
        event.type === "lines" ? event.lines.map(({ stream, text }) => `${stream}: ${text}`) : [],
      ),
    ).toEqual(lines);
  });
});
