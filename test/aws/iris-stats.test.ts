import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Client, openClient } from "../../lib/client/index.ts";
import { recordOf } from "../conformance/record.ts";
import { deployFlows, type Flows } from "./support/flows.ts";
import { runHere } from "./support/run-here.ts";

const file = "examples/iris-stats/flow.ts";
let store: string;
let here: Client;
let flows: Flows;

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), "millrace-iris-"));
  flows = await deployFlows(inject("aws"), [{ file }]);
});

afterAll(async () => {
  await here?.close();
  await rm(store, { recursive: true });
});

test.each([
  [{}, "petal_length tells the species apart"],
  [{ measure: "sepal_width" }, "sepal_width does not tell the species apart"],
])("a run on AWS with %j comes to the verdict of a run on this machine", async (parameters, verdict) => {
  const [there, { run }] = await Promise.all([flows.run("IrisStats", parameters), runHere(file, store, parameters)]);
  here ??= await openClient({ folder: store });
  const local = await here.flow("IrisStats").run(run);
  expect(there.execution.cause).toBeUndefined();
  expect(await there.run.data.verdict).toBe(verdict);
  expect(await recordOf(there.run)).toEqual(await recordOf(local));
});
