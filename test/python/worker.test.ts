import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../lib/run/events.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { FlowFolder } from "../flow/flow-folder.ts";

interface Told {
  readonly status: string;
  readonly failure?: unknown;
  readonly lines: readonly string[];
}

/** Runs a flow of one Python function, `start`, and `end`. */
async function runStart(python: string, options = "", files: Readonly<Record<string, string>> = {}): Promise<Told> {
  const flow = new FlowFolder({
    "flow.yaml": `name: One
artifacts: [pid, items]
steps:
  start: { python: steps.py, next: end${options} }
  end: { python: steps.py }
`,
    "steps.py": `import os, signal, subprocess, sys, time\n\n${python}\n\ndef end(flow):\n    print("the end")\n`,
    ...files,
  });
  const lines: string[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.type === "lines") lines.push(...event.lines.map(({ stream, text }) => `${stream}: ${text}`));
  };
  const run = await runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store"), onEvent });
  return { status: run.status, failure: run.failure, lines };
}

describe("what a Python step prints", () => {
  test("is in its log, also what looks like the protocol, and what other programs and descriptors write", async () => {
    const { status, lines } = await runStart(`def start(flow):
    print('{"type": "outcome", "outcome": {"status": "succeeded"}}')
    print("to stderr", file=sys.stderr)
    subprocess.run(["echo", "from a program"])
    os.write(1, b"without a line's end")`);
    expect(status).toBe("succeeded");
    expect(lines.toSorted()).toEqual([
      "stderr: to stderr",
      "stdout: from a program",
      "stdout: the end",
      "stdout: without a line's end",
      'stdout: {"type": "outcome", "outcome": {"status": "succeeded"}}',
    ]);
  });

  test("is complete when the step has ended, however much it is", async () => {
    const { lines } = await runStart("def start(flow):\n    for i in range(50_000): print('line', i)");
    expect(lines).toEqual([...Array.from({ length: 50_000 }, (_, i) => `stdout: line ${i}`), "stdout: the end"]);
  });
});

describe("a Python step fails", () => {
  test("with its exception and the lines of the user's code", async () => {
    const { status, failure } = await runStart(`def helper(x):
    return 1 / x

def start(flow):
    helper(0)`);
    expect(status).toBe("failed");
    expect(failure).toMatchObject({
      name: "ZeroDivisionError",
      message: "division by zero",
      stack: expect.stringMatching(
        /^ {2}File ".*steps\.py", line 7, in start\n {4}helper\(0\)\n {2}File ".*steps\.py", line 4, in helper\n {4}return 1 \/ x/,
      ),
      task: { step: "start", path: "", visit: 0 },
      attempt: 0,
    });
  });

  test.each([
    ["os.kill(os.getpid(), signal.SIGSEGV)", "TASK_DIED", /SIGSEGV\. Native code in it crashed/],
    ["os._exit(3)", "TASK_DIED", /exit code 3\. Return or raise/],
    ["os.write(200, b'garbage\\n')", "TASK_DIED", /no message of its protocol: "garbage"/],
    ["raise KeyboardInterrupt", "KeyboardInterrupt", /^$/],
    ["os.kill(os.getpid(), signal.SIGKILL)", "TASK_DIED", /SIGKILL/],
    ["sys.exit(3)", "TASK_DIED", /exit code 3/],
    ["time.sleep(60)", "TIMEOUT", /time-out of 1 s/],
    ["flow.items = lambda: 1", "ENCODE", /flow\.items/],
  ])("that does %s", async (code, name, message) => {
    const { status, failure, lines } = await runStart(
      `def start(flow):\n    print("last words", flush=True)\n    ${code}`,
      ", timeout: 1 s",
    );
    expect(status).toBe("failed");
    expect(failure).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(lines.filter((line) => line.startsWith("stdout"))).toEqual(["stdout: last words"]);
  });

  test("without harm to its next attempt", async () => {
    const { status, lines } = await runStart(
      `def start(flow):
    print("attempt", flow.current.attempt, flush=True)
    if flow.current.attempt == 0: os.abort()`,
      ", retry: { times: 1, interval: 1 ms }",
    );
    expect(status).toBe("succeeded");
    const written = lines.filter((line) => line.startsWith("stdout"));
    expect(written).toEqual(["stdout: attempt 0", "stdout: attempt 1", "stdout: the end"]);
  });
});

test("the process is kept for the next task of the same environment", async () => {
  const { lines } = await runStart(
    "def start(flow):\n    flow.pid = os.getpid()\n\ndef tell(flow):\n    print(flow.pid == os.getpid())",
    "",
    {
      "flow.yaml": `name: One
artifacts: [pid]
steps:
  start: { python: steps.py, next: tell }
  tell: { python: steps.py, next: end }
  end: { python: steps.py }
`,
    },
  );
  expect(lines).toEqual(["stdout: True", "stdout: the end"]);
});

test("an object that TypeScript cannot look into has its type there, and is the same again in Python", async () => {
  const flow = new FlowFolder({
    "flow.ts": `import { artifact, FlowSpec, type PythonObject, step } from "millrace";
export default class Crossing extends FlowSpec {
  model = artifact<PythonObject>();
  @step start() { return this.next(this.fit); }
  @step({ python: "steps.py" }) fit() { return this.next(this.look); }
  @step look() { console.log(this.model.type); return this.next(this.use); }
  @step({ python: "steps.py" }) use() { return this.next(this.end); }
  @step end() {}
}
`,
    "steps.py": `from collections import Counter

def fit(flow):
    flow.model = Counter("aab")

def use(flow):
    print(flow.model.most_common(1))
`,
  });
  const lines: string[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.type === "lines") lines.push(...event.lines.map(({ text }) => text));
  };
  const run = await runFlow(await flow.load("flow.ts"), { store: join(flow.path, "store"), onEvent });
  expect(run.failure).toBeUndefined();
  expect(lines).toEqual(["collections.Counter", "[('a', 2)]"]);
});
