import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment, Folder } from "./command.ts";

let folder: Folder;
beforeAll(() => {
  folder = new Folder("branch.ts", "each.ts", "fail.ts", "values.ts");
});
afterAll(() => folder.remove());

describe("run", () => {
  test("prints the flow's lines to where the flow wrote them, and what it has to say itself to standard error", async () => {
    expect(await folder.millrace("run", "branch.ts")).toEqual({
      code: 0,
      stdout: "RUN/join/0 total is 3\n",
      stderr: "BranchFlow run RUN\nRUN/join/0 tag is none\nBranchFlow succeeded: 5 tasks in N s\n",
    });
  });

  test("with --json prints an event a line", async () => {
    const { code, stdout, stderr } = await folder.millrace("run", "each.ts", "--items", "1", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const run = {
      flow: "EachFlow",
      run: "RUN",
      startedAt: "TIME",
      parameters: { items: 1, seconds: 0 },
      tags: [],
      steps: ["start", "body", "join", "end"],
      owner: {},
    };
    const task = (step: string, path = "") => ({ task: { step, path, visit: 0 }, attempt: 0 });
    const whole = (step: string, path?: string) => [
      { type: "task-started", ...task(step, path) },
      { type: "task-succeeded", ...task(step, path), seconds: 0 },
    ];
    const [began, done] = whole("body", "0");
    const line = { time: "TIME", stream: "stdout", text: "item 0" };
    expect(events).toEqual([
      { type: "run-started", run: { ...run, status: "running" } },
      ...whole("start"),
      began,
      { type: "line", ...task("body", "0"), line },
      done,
      ...whole("join"),
      ...whole("end"),
      { type: "run-ended", run: { ...run, status: "succeeded", endedAt: "TIME" } },
    ]);
  });

  test.each([
    [["--scale", "2"], "total is 6"],
    [["--scale=2"], "total is 6"],
    [["--scale", "-2"], "total is -6"],
    [["--scale", "1e2", "--loud"], "total is 300!"],
    [["--loud", "false"], "total is 3"],
  ])("takes parameters: %j", async (args, line) => {
    expect(await folder.out("run", "branch.ts", ...args)).toBe(`RUN/join/0 ${line}\n`);
  });

  test("takes a parameter that is called as an option behind --, whatever comes before", async () => {
    const { stderr } = await folder.millrace("run", "branch.ts", "--tag", "nightly", "--", "--tag", "some");
    expect(stderr).toContain("tag is some\n");
    const behind = await folder.millrace("run", "branch.ts", "--scale", "2", "--", "--tag", "some");
    expect(behind.stderr).toContain("tag is some\n");
    expect(behind.stdout).toBe("RUN/join/0 total is 6\n");
    expect(await folder.out("list", "BranchFlow", "--tag", "nightly")).toBe(
      "flow\trun\tstatus\tstarted\ttook\ttags\nBranchFlow\tRUN\tsucceeded\tTIME\tN s\tnightly\n",
    );
  });

  test("tells a flow's parameters", async () => {
    expect(await folder.out("run", "branch.ts", "--help")).toBe(`\
Usage: millrace run FILE [--PARAMETER VALUE]... [options] [-- --PARAMETER VALUE...]

run a flow on this machine

Arguments:
  file                  the flow: flow.ts, flow.ts#Class or flow.yaml

Options:
  --json                print JSON instead of text
  --max-workers <n>     tasks at a time; default the number of cores
  --tag <tag>           tag the run; may be repeated
  --run-id-file <file>  write the run's id to this file as soon as the run
                        begins
  --store <folder>      the store; default $MILLRACE_STORE or .millrace

Parameters of BranchFlow:
  --scale <number>         what each branch is multiplied by (default 1)
  --loud <boolean>         (default false)
  --tag <string>           (one of none, some; default "none")

`);
  });

  test("writes the run's id to a file", async () => {
    await folder.out("run", "branch.ts", "--run-id-file", "id");
    const id = readFileSync(join(folder.path, "id"), "utf8");
    expect(id).toMatch(/^\d{8}-\d{6}-\d{3}-[0-9a-z]{4}$/);
    expect(await folder.out("logs", `BranchFlow/${id}/join/0`)).toBe("total is 3\n");
  });

  test("ends with 1 where a task fails, and tells which one, why, and on which line", async () => {
    expect(await folder.millrace("run", "fail.ts")).toEqual({
      code: 1,
      stdout: "RUN/middle/0 attempt 0\nRUN/middle/0 attempt 1\n",
      stderr: `\
FailFlow run RUN
RUN/middle/0 failed, again in N ms: TypeError: no such model
RUN/middle/0 failed: TypeError: no such model
    at open (DIR/fail.ts:21:9)
    at FailFlow.middle (DIR/fail.ts:13:5)
FailFlow failed in middle/0 after N s: 1 task succeeded, 1 failed
`,
    });
  });

  test("names what cannot be stored by its path", async () => {
    expect((await folder.millrace("run", "values.ts", "--socket")).stderr).toBe(`\
ValuesFlow run RUN
RUN/start/0 failed: ENCODE: this.config.handlers[0].socket is an instance of Socket, which would come back without its methods. Store a plain object, or give Socket a method toJSON() that returns one.
ValuesFlow failed in start/0 after N s: 0 tasks succeeded, 1 failed
`);
  });

  test("shares a store with another run", async () => {
    const store = ["--store", "shared"];
    const both = [folder.out("run", "each.ts", ...store), folder.out("run", "each.ts", "--items", "30", ...store)];
    expect((await Promise.all(both)).map((lines) => lines.split("\n").length - 1)).toEqual([3, 30]);
    expect(await folder.out("list", "EachFlow", ...store)).toBe(
      `flow\trun\tstatus\tstarted\ttook\ttags\n${"EachFlow\tRUN\tsucceeded\tTIME\tN s\t\n".repeat(2)}`,
    );
  });
});

describe("a run that is stopped", () => {
  const long = ["run", "each.ts", "--seconds", "600", "--max-workers", "1"];

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s ends as interrupted, with exit code %i", async (signal, code) => {
    const stopped = folder.start([...long, "--store", signal]);
    stopped.stdout.once("readable", () => stopped.kill(signal));
    expect(await folder.ended(stopped)).toEqual({
      code,
      stdout: "RUN/body/0 item 0\n",
      stderr: "EachFlow run RUN\nEachFlow interrupted after N s: 1 task succeeded\n",
    });
    expect(await folder.json("list", "--store", signal)).toMatchObject([
      { status: "interrupted", failure: { name: "INTERRUPTED" } },
    ]);
  });

  test("by kill -9 is lost, and its store is as good as before", async () => {
    const killed = folder.start([...long, "--store", "killed"]);
    await once(killed.stdout, "readable");
    // Records are written together, some milliseconds after what they tell of.
    await expect
      .poll(() => folder.millrace("logs", "EachFlow/latest/body", "--store", "killed"))
      .toMatchObject({ code: 0 });
    killed.kill("SIGKILL");
    await folder.ended(killed);
    expect(await folder.out("list", "--store", "killed")).toBe(
      "flow\trun\tstatus\tstarted\ttook\ttags\nEachFlow\tRUN\tlost\tTIME\t\t\n",
    );
    expect(await folder.out("logs", "EachFlow/latest", "--store", "killed")).toBe("body/0 item 0\n");
    expect((await folder.millrace("run", "each.ts", "--store", "killed")).code).toBe(0);
  });
});

describe("output that nobody takes", () => {
  test("a run goes on to its end when its reader has gone", async () => {
    const run = folder.start(["run", "each.ts", "--items", "200", "--store", "unread"]);
    run.stdout.once("readable", () => run.stdout.destroy());
    const [code] = await once(run, "exit");
    expect(code).toBe(0);
    expect(await folder.json("dump", "EachFlow/latest", "--artifact", "sum", "--store", "unread")).toBe(19_900);
  });

  test.runIf(process.platform === "linux")("on a full disk is told, and the exit code is 1", async () => {
    const full = openSync("/dev/full", "w");
    const launcher = join(import.meta.dirname, "../../bin/millrace.js");
    for (const args of [["run", "branch.ts"], ["run", "branch.ts", "--json"], ["list"], ["show", "branch.ts"]]) {
      const child = spawn(process.execPath, [launcher, ...args], {
        cwd: folder.path,
        stdio: ["ignore", full, "pipe"],
        env: environment({}),
      });
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const [code] = await once(child, "close");
      expect(code).toBe(1);
      expect(stderr).toContain("error: The output cannot be written: ENOSPC: no space left on device, write.\n");
      expect(stderr).not.toContain("    at ");
    }
  });
});
