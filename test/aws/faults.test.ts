import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeExecutionCommand, RedriveExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import type { Run, Task } from "../../lib/client/index.ts";
import { stepFunctions } from "./support/deploy.ts";
import { type Fault, Faults, Requests } from "./support/emulator.ts";
import { deployFlows, type Flows } from "./support/flows.ts";

const aws = inject("aws");
const faults = new Faults(aws.endpoint);
const requests = new Requests(aws.endpoint);
const client = stepFunctions(aws);
const conformance = ["linear", "foreach"].map((name) => ({ file: `test/conformance/flows/${name}.ts` }));
const onBatch = ["linear", "choice-in-foreach"].map((name) => ({
  file: `test/conformance/flows/${name}.ts`,
  compute: "batch" as const,
}));
const fixtures = ["gated", "once", "large"].map((name) => ({ file: `test/aws/fixtures/${name}.ts` }));

let scratch: string;
let flows: Flows;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-faults-"));
  flows = await deployFlows(aws, [...conformance, ...onBatch, ...fixtures]);
});
afterEach(async () => {
  vi.useRealTimers();
  await faults.clear();
});
afterAll(() => rm(scratch, { recursive: true }));

/** A path in a folder of the test's own. */
function place(name: string): string {
  return join(scratch, name);
}

/** Starts a run of Gated and waits until it stands at its gate. */
async function held(gate: string): Promise<string> {
  const execution = await flows.start("Gated", { gate });
  await until(async () => (await tasks("Gated", execution, "hold")).length > 0);
  return execution;
}

async function tasks(flow: string, execution: string, step: string): Promise<readonly Task[]> {
  try {
    return await (await flows.runOf(flow, execution)).step(step).tasks();
  } catch {
    return [];
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 50));
}

async function attempts(run: Run, step: string) {
  return (await run.step(step).task()).attempts;
}

/** Switches a fault on, runs the flow, and makes sure that the fault has struck as often as it was to. */
async function runWith(fault: Fault, flow: string, input?: unknown) {
  await faults.add(fault);
  const ended = await flows.run(flow, input);
  expect(await faults.list()).toMatchObject([{ struck: fault.times ?? 1 }]);
  return ended;
}

describe("a run that is stopped", () => {
  it("is on record as interrupted, and so is the attempt that ran", async () => {
    const execution = await held(place("never"));
    await client.send(new StopExecutionCommand({ executionArn: execution, error: "Enough", cause: "seen enough" }));
    const { run } = await flows.end("Gated", execution);
    expect(run.toJSON()).toMatchObject({ status: "interrupted", failure: { name: "Enough", message: "seen enough" } });
    expect(await attempts(run, "hold")).toMatchObject([
      { attempt: 0, status: "failed", failure: { message: "The run ended before the attempt did." } },
    ]);
  });

  it("is mended when it is read, if the event of its end was lost", async () => {
    await faults.add({ on: "event", do: "drop", where: { status: "ABORTED" } });
    const execution = await held(place("never"));
    await client.send(new StopExecutionCommand({ executionArn: execution, error: "Enough", cause: "seen enough" }));
    expect((await flows.runOf("Gated", execution)).status).toBe("running");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 });
    const mended = { status: "interrupted", failure: { name: "Enough", message: "seen enough" } };
    expect((await flows.runOf("Gated", execution)).toJSON()).toMatchObject(mended);
    vi.useRealTimers();
    expect((await flows.runOf("Gated", execution)).toJSON()).toMatchObject(mended);
  });

  it("is recorded once, if the event of its end comes twice", async () => {
    await faults.add({ on: "event", do: "duplicate", where: { status: "ABORTED" } });
    await requests.clear();
    const execution = await held(place("never"));
    await client.send(new StopExecutionCommand({ executionArn: execution }));
    const { run } = await flows.end("Gated", execution);
    const seen = JSON.stringify([run, await attempts(run, "hold")]);
    await until(async () => (await requests.list()).filter(isEndOfRun).length === 2);
    const again = await flows.runOf("Gated", execution);
    expect(JSON.stringify([again, await attempts(again, "hold")])).toBe(seen);
  });
});

/** What the function that records ends does last. */
function isEndOfRun({ caller, operation }: { caller: string; operation: string }): boolean {
  return caller.startsWith("lambda/Flows-EnvironmentEnd") && operation === "GetExecutionHistory";
}

describe("a Lambda function that dies without a word", () => {
  it("fails the run, and it is on record which task and attempt it was, and why", async () => {
    await faults.add({
      on: "lambda",
      do: "kill-after",
      milliseconds: 500,
      where: { function: "Gated-FlowStepshold*" },
    });
    const { run } = await flows.run("Gated", { gate: place("never") });
    const failure = { name: "Runtime.ExitError", message: expect.stringContaining("Runtime exited with error") };
    expect(run.toJSON()).toMatchObject({
      status: "failed",
      failure: { ...failure, task: { step: "hold", path: "", visit: 0 }, attempt: 0 },
    });
    expect(await attempts(run, "hold")).toMatchObject([{ attempt: 0, status: "failed", failure }]);
  });

  it("is known in an iteration too, which is an execution of its own", async () => {
    const { run } = await runWith(
      { on: "lambda", do: "kill-at-start", where: { function: "Foreach-FlowStepsname*" } },
      "Foreach",
    );
    expect(run.toJSON()).toMatchObject({
      status: "failed",
      failure: {
        name: "Runtime.ExitError",
        task: { step: "name", path: expect.stringMatching(/^[012]$/) },
        attempt: 0,
      },
    });
  });

  it("has done its work, if it had committed it: the next attempt answers with its choice", async () => {
    const effects = place("effects");
    const { execution, run } = await runWith(
      { on: "lambda", do: "kill-before-answer", where: { function: "Once-FlowStepsstart*" } },
      "Once",
      { effects },
    );
    expect(execution.status).toBe("SUCCEEDED");
    expect(await run.data.chosen).toBe("early");
    expect(await readFile(effects, "utf8")).toBe("attempt 0\n");
    expect((await run.steps()).map(({ name }) => name).sort()).toEqual(["early", "end", "start"]);
    expect(await attempts(run, "start")).toMatchObject([{ attempt: 0, status: "succeeded" }]);
  });

  it("is followed by another attempt, if it had not", async () => {
    const effects = place("more-effects");
    const { execution, run } = await runWith(
      { on: "lambda", do: "kill-at-start", where: { function: "Once-FlowStepsstart*" }, times: 2 },
      "Once",
      { effects },
    );
    expect(execution.status).toBe("SUCCEEDED");
    expect(await readFile(effects, "utf8")).toMatch(/^attempt \d\n$/);
    expect((await attempts(run, "start")).at(-1)).toMatchObject({ status: "succeeded" });
  });
});

describe("a request that fails is made again", () => {
  const sum = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i)).reduce((total, each) => total + each, 0);
  const caller = "lambda/Large-*";

  it.each<Fault>([
    { on: "request", do: "throttle", where: { service: "dynamodb", operation: "UpdateItem", caller }, times: 3 },
    { on: "request", do: "reset", where: { service: "dynamodb", operation: "GetItem", caller }, times: 2 },
    { on: "request", do: "fail", where: { service: "dynamodb", operation: "PutItem", caller } },
    { on: "request", do: "throttle", where: { service: "s3", operation: "PutObject", caller }, times: 2 },
    { on: "request", do: "reset", where: { service: "s3", operation: "PutObject", caller } },
    { on: "request", do: "throttle", where: { service: "s3", operation: "GetObject", caller }, times: 2 },
    { on: "request", do: "reset", where: { service: "s3", operation: "GetObject", caller } },
    {
      on: "request",
      do: "throttle",
      where: { service: "lambda", operation: "Invoke", caller: "stepfunctions" },
      times: 2,
    },
  ])("$do $where.service $where.operation", async (fault) => {
    const { execution, run } = await runWith(fault, "Large");
    expect(execution.status).toBe("SUCCEEDED");
    expect(await run.data.sum).toBe(sum);
    expect(await attempts(run, "add")).toMatchObject([{ attempt: 0, status: "succeeded" }]);
  });
});

describe("a Batch job", () => {
  it("whose host is terminated fails the run with the reason that Batch gives", async () => {
    const { run } = await runWith(
      { on: "batch", do: "host-terminated", where: { jobName: "LinearOnBatch-middle" } },
      "LinearOnBatch",
    );
    expect(run.toJSON()).toMatchObject({
      status: "failed",
      failure: { message: expect.stringContaining("Host EC2"), task: { step: "middle" }, attempt: 0 },
    });
  });

  it("that is lost does not outlive its run", async () => {
    await faults.add({ on: "batch", do: "lose", where: { jobName: "LinearOnBatch-middle" } });
    const execution = await flows.start("LinearOnBatch");
    await until(async () => (await faults.list())[0]?.struck === 1);
    await requests.clear();
    await client.send(new StopExecutionCommand({ executionArn: execution }));
    const { run } = await flows.end("LinearOnBatch", execution);
    expect(run.status).toBe("interrupted");
    await until(async () => (await requests.list()).some(({ operation }) => operation === "terminatejob"));
  });
});

describe("an iteration that fails between two tasks", () => {
  it("is the run's failure with its own reason, not with the map's", async () => {
    const { run } = await runWith(
      { on: "request", do: "reset", where: { operation: "GetItem", caller: "stepfunctions" } },
      "ChoiceInForeachOnBatch",
    );
    expect(run.toJSON()).toMatchObject({
      status: "failed",
      failure: { name: "States.Runtime", message: expect.stringContaining("fetch failed") },
    });
  });
});

describe("a run that is redriven after a failure", () => {
  it("goes on from the task that failed, as the same run", async () => {
    const { execution, run: failed } = await runWith(
      { on: "lambda", do: "kill-at-start", where: { function: "Linear-FlowStepsmiddle*" } },
      "Linear",
    );
    expect(failed.status).toBe("failed");
    const executionArn = String(execution.executionArn);
    await client.send(new RedriveExecutionCommand({ executionArn }));
    await until(async () => (await flows.runOf("Linear", executionArn)).status !== "failed");
    const { run } = await flows.end("Linear", executionArn);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "SUCCEEDED",
      redriveCount: 1,
    });
    expect(run).toMatchObject({ id: failed.id, status: "succeeded", failure: undefined });
    expect(await run.data.words).toEqual(["start", "middle", "end"]);
    expect(await attempts(run, "start")).toHaveLength(1);
    expect(await attempts(run, "middle")).toMatchObject([
      { attempt: 0, status: "failed" },
      { attempt: 1, status: "succeeded" },
    ]);
  });
});

describe("a run during which the flow is deployed again, with a change", () => {
  it("ends with the code that it began with", async () => {
    const gate = place("gate");
    const execution = await held(gate);
    const file = place("gated.ts");
    await writeFile(file, (await readFile("test/aws/fixtures/gated.ts", "utf8")).replaceAll('"first"', '"second"'));
    const changed = await deployFlows(aws, [{ file }]);
    await writeFile(gate, "");
    expect(await (await flows.end("Gated", execution)).run.data.told).toEqual(["first", "first"]);
    expect(await (await changed.run("Gated", { gate })).run.data.told).toEqual(["second", "second"]);
  });
});
