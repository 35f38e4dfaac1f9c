import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { type Client, openClient, type Run } from "../../lib/client/index.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { recordOf } from "../conformance/record.ts";
import { fileOf, type Shape, shapes } from "../conformance/shapes.ts";
import { deployFlows, type Flows } from "./support/flows.ts";

const onBatch = ["linear", "choice", "foreach", "nested-foreach", "retry-exhausted"].map((name) => {
  return shapes.find((shape) => shape.name === name) as Shape;
});

let store: string;
let here: Promise<Client> | undefined;
let flows: Flows;

beforeAll(async () => {
  const lambda = [...new Set(shapes.map(fileOf))].map((file) => ({ file }));
  const batch = onBatch.map((shape) => ({ file: fileOf(shape), compute: "batch" as const }));
  flows = await deployFlows(inject("aws"), [...lambda, ...batch]);
  store = await mkdtemp(join(tmpdir(), "millrace-conformance-"));
});

afterAll(async () => {
  await (await here)?.close();
  await rm(store, { recursive: true });
});

async function runHere(shape: Shape): Promise<Run> {
  const loaded = await loadFlow(fileOf(shape), { cacheDir: join(store, "cache") });
  const { flow, run } = await runFlow(loaded, { store, parameters: shape.parameters ?? {} });
  here ??= openClient({ folder: store });
  return await (await here).flow(flow).run(run);
}

describe("a run on AWS leaves what a run on this machine does", () => {
  test.concurrent.for(shapes)("$name $parameters", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(shape.flow, shape.parameters), runHere(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });

  test.concurrent.for(onBatch)("$name on Batch", async (shape, { expect }) => {
    const [there, local] = await Promise.all([flows.run(`${shape.flow}OnBatch`, shape.parameters), runHere(shape)]);
    expect(await recordOf(there.run)).toEqual(await recordOf(local));
    expect(there.execution.status).toBe(local.status.toUpperCase());
  });
});
