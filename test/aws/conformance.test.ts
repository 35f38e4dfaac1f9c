import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import { type Client, openClient, type Run } from "../../lib/client/index.ts";
import { recordOf } from "../conformance/record.ts";
import { fileOf, type Shape, shapes } from "../conformance/shapes.ts";
import { Requests } from "./support/emulator.ts";
import { deployFlows, type Flows } from "./support/flows.ts";
import { runHere } from "./support/run-here.ts";
import { stateEntries } from "./support/state-entries.ts";

const aws = inject("aws");

const onBatch = ["linear", "choice", "foreach", "nested-foreach", "retry-exhausted"].map((name) => {
  return shapes.find((shape) => shape.name === name) as Shape;
});

let store: string;
let here: Promise<Client> | undefined;
let flows: Flows;

beforeAll(async () => {
  const lambda = [...new Set(shapes.map(fileOf))].map((file) => ({ file }));
  const batch = onBatch.map((shape) => ({ file: fileOf(shape), compute: "batch" as const }));
  flows = await deployFlows(aws, [...lambda, ...batch, { file: "test/aws/fixtures/squares.ts" }]);
  store = await mkdtemp(join(tmpdir(), "millrace-conformance-"));
});

afterAll(async () => {
  await (await here)?.close();
  await rm(store, { recursive: true });
});

async function runLocally(shape: Shape): Promise<Run> {
  const { flow, run } = await runHere(fileOf(shape), store, shape.parameters);
  here ??= openClient({ folder: store });
  return await (await here).flow(flow).run(run);
}

describe("a run on AWS leaves what a run on this machine does", () => {
  test.concurrent.for(shapes)("$name $parameters", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(shape.flow, shape.parameters), runLocally(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });

  test.concurrent.for(onBatch)("$name on Batch", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(`${shape.flow}OnBatch`, shape.parameters), runLocally(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });
});

describe("what a run costs", () => {
  it("is a state entry for each step and one for the parameters", async () => {
    const { execution } = await flows.run("Linear");
    expect(await stateEntries(aws, String(execution.executionArn))).toBe(3 + 1);
  });

  it.each([0, 3, 7])("is five state entries more than a foreach has iterations: %i", async (n) => {
    const { execution } = await flows.run("Squares", { n });
    expect(await stateEntries(aws, String(execution.executionArn))).toBe(n + 5);
  });

  it("is two writes for a task whose artifacts are small, and no request to S3", async () => {
    const requests = new Requests(aws.endpoint);
    await requests.clear();
    await flows.run("Linear");
    const made = (await requests.list()).filter(({ caller }) => caller.startsWith("lambda/Linear-FlowStepsmiddle"));
    expect(made.filter(({ service }) => service === "s3")).toEqual([]);
    expect(made.filter(({ operation }) => !/^(Get|Query|BatchGet)/.test(operation))).toMatchObject([
      { service: "dynamodb", operation: "UpdateItem", status: 200 },
      { service: "dynamodb", operation: "UpdateItem", status: 200 },
    ]);
  });
});

describe("what is wrong with the parameters", () => {
  it.each([
    ["unknown", { alhpa: 1 }, /alhpa/],
    ["ill-typed", { alpha: "high" }, /alpha must be .*received "high"/],
    ["an array", [0.5], /^Parameters are given as an object/],
    ["a text", "0.5", /^Parameters are given as an object/],
  ])("is told by the console and by the record: %s", async (_, input, message) => {
    const { execution, run } = await flows.run("Linear", input);
    expect(execution).toMatchObject({ status: "FAILED", error: "PARAMETER" });
    expect(run.toJSON()).toMatchObject({
      status: "failed",
      failure: { name: "PARAMETER", message: expect.stringMatching(message) },
    });
    expect(JSON.parse(String(execution.cause))).toMatchObject({
      errorType: "PARAMETER",
      errorMessage: run.failure?.message,
    });
    expect(await run.steps()).toEqual([]);
  });
});
