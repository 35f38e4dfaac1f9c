import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { type Client, openClient, type Run } from "../../lib/client/index.ts";
import { pythonShapes } from "../conformance/python.ts";
import { recordOf } from "../conformance/record.ts";
import { fileOf, type Shape } from "../conformance/shapes.ts";
import { writeWheel } from "../python/support/wheel.ts";
import { deployFlows, type Flows } from "./support/flows.ts";
import { runHere } from "./support/run-here.ts";

/** Batch gives a job a minute at least, which no run here has. */
const onBatch = pythonShapes.filter(({ name }) => name !== "time-out");

let scratch: string;
let here: Promise<Client> | undefined;
let flows: Flows;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-python-"));
  vi.stubEnv("XDG_CACHE_HOME", join(scratch, "cache"));
  const greeting = await writeGreetingFlow(join(scratch, "greeting"));
  const image = await writeImageFlow(join(scratch, "image"));
  const ending = await writeEndingFlow(join(scratch, "ending"));
  const lambda = [...new Set(pythonShapes.map(fileOf)), greeting, image, ending].map((file) => ({ file }));
  const batch = [...new Set(pythonShapes.map(fileOf)), greeting, ending].map((file) => ({
    file,
    compute: "batch" as const,
  }));
  flows = await deployFlows(inject("aws"), [...lambda, ...batch]);
});

afterAll(async () => {
  await (await here)?.close();
  await rm(scratch, { recursive: true });
});

/** A flow whose step uses a package that only the folder of wheels has. */
async function writeGreetingFlow(folder: string): Promise<string> {
  await writeWheel(join(folder, "wheels"), "greeting", "1.0", 'TEXT = "hello from a wheel"\n');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "requirements.txt"), "--no-index\n--find-links wheels\ngreeting==1.0\n");
  await writeFile(
    join(folder, "steps.py"),
    "import greeting\n\ndef start(flow):\n    flow.text = greeting.TEXT\n\ndef end(flow):\n    pass\n",
  );
  const file = join(folder, "flow.yaml");
  await writeFile(
    file,
    `name: Greeting
artifacts: [text]
python: { requirements: requirements.txt }
steps:
  start: { python: steps.py, next: end }
  end: { python: steps.py }
`,
  );
  return file;
}

/** A flow whose step takes its process with it, in the way that it is told. */
async function writeEndingFlow(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "steps.py"),
    `import os, signal, sys

def start(flow):
    if flow.how == "crash": os.kill(os.getpid(), signal.SIGSEGV)
    if flow.how == "vanish": os._exit(3)
    if flow.how == "leave": sys.exit("no data")
    if flow.how == "interrupt": raise KeyboardInterrupt
    child = os.fork()
    flow.text = "parent" if child else "child"
    if child: os.waitpid(child, 0)

def end(flow):
    pass
`,
  );
  const file = join(folder, "flow.yaml");
  await writeFile(
    file,
    `name: Ending
parameters: { how: { type: string } }
artifacts: [text]
steps:
  start: { python: steps.py, next: end }
  end: { python: steps.py }
`,
  );
  return file;
}

/** A flow whose step is a function of an image; what its packages are, only the image's build knows. */
async function writeImageFlow(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "steps.py"),
    "import os\n\ndef start(flow):\n    flow.text = os.path.exists('Dockerfile')\n\ndef end(flow):\n    pass\n",
  );
  const file = join(folder, "flow.yaml");
  await writeFile(
    file,
    `name: InImage
artifacts: [text]
steps:
  start: { python: steps.py, requirements: [numpy], compute: { kind: lambda, package: image }, next: end }
  end: { python: steps.py }
`,
  );
  return file;
}

async function runLocally(shape: Shape): Promise<Run> {
  const { flow, run } = await runHere(fileOf(shape), scratch, shape.parameters);
  here ??= openClient({ folder: scratch });
  return await (await here).flow(flow).run(run);
}

describe("a run of Python steps on AWS leaves what a run on this machine does", () => {
  test.concurrent.for(pythonShapes)("$flow $parameters", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(shape.flow, shape.parameters), runLocally(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });

  test.concurrent.for(onBatch)("$flow $parameters on Batch", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(`${shape.flow}OnBatch`, shape.parameters), runLocally(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });
});

test.concurrent("a job that takes longer than a step's time-out is one that took too long", async ({ expect }) => {
  const { run } = await flows.run("TimeOutInPythonOnBatch", {});
  expect(run.failure).toMatchObject({
    name: "TIMEOUT",
    message:
      "The step slow took longer than its time-out of 60 s and was stopped. " +
      "Raise `timeout` in the step's options, or let the step do less.",
    task: { step: "slow" },
  });
});

test.each(["Greeting", "GreetingOnBatch"])("%s has the packages that it requires", async (flow) => {
  const { run } = await flows.run(flow);
  expect(run.status).toBe("succeeded");
  expect(await (await run.step("end").task()).artifact("text").value()).toBe("hello from a wheel");
});

describe.each(["Ending", "EndingOnBatch"])("in %s, a step", (flow) => {
  const left = "The step asked for the end of its process: no data. Return or raise instead of calling sys.exit().";
  test.each([
    ["leave", "TASK_DIED", left],
    ["interrupt", "KeyboardInterrupt", ""],
  ])("that does %s fails as it does here", async (how, name, message) => {
    const { run } = await flows.run(flow, { how });
    expect(run.failure).toMatchObject({ name, message, task: { step: "start" }, attempt: 0 });
    expect(run.failure?.stack).toMatch(/^ {2}File "steps\.py", line \d+, in start/);
  });

  test("that forks is done by the parent alone", async () => {
    const { run } = await flows.run(flow, { how: "fork" });
    expect(run.failure).toBeUndefined();
    expect(await (await run.step("end").task()).artifact("text").value()).toBe("parent");
  });
});

test.each([
  ["crash", "Essential container in task exited: exit code 139, which is SIGSEGV"],
  ["vanish", "Essential container in task exited: exit code 3"],
])("a job that dies without a word, as by %s, is told by its exit code", async (how, message) => {
  const { run } = await flows.run("EndingOnBatch", { how });
  expect(run.failure).toMatchObject({ name: "States.TaskFailed", message, task: { step: "start" }, attempt: 0 });
});

test("a step in an image that cdk deploy has built", async () => {
  const { run } = await flows.run("InImage");
  expect(run.failure).toBeUndefined();
  expect(await (await run.step("end").task()).artifact("text").value()).toBe(true);
});
