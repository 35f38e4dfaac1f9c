import { beforeAll, expect, inject, test } from "vitest";
import { deployFlows, type Flows } from "./support/flows.ts";

let flows: Flows;
beforeAll(async () => {
  const file = "test/aws/fixtures/tables.ts";
  flows = await deployFlows(inject("aws"), [{ file }, { file, compute: "batch" }]);
});

test.each(["Tables", "TablesOnBatch"])("%s: a step reads the table that another has made", async (flow) => {
  const { run } = await flows.run(flow);
  expect(run.failure).toBeUndefined();
  const end = await run.step("end").task();
  expect(await end.artifact("rows").value()).toEqual([
    { word: "a", x: 1 },
    { word: "b", x: 2 },
    { word: "a", x: 0.5 },
  ]);
  expect(end.artifact("table").type).toBe("Table(3×2)");
});
