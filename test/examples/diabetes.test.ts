import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Diabetes from "../../examples/diabetes/flow.ts";
import { type Client, openClient, type Run } from "../../lib/client/index.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { runFlow } from "../../lib/run/run-flow.ts";

/** What scikit-learn and the like reach with such a network: means over 50 random splits. */
const reference = { accuracy: 0.763, auc: 0.827 };
/** Who says "no diabetes" of everyone. */
const majorityAccuracy = 0.651;
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
/** Scores deviate by 0.022 from split to split, the mean of so many by 0.005 and that of the reference by 0.003: two deviations of the difference. */
const tolerance = 0.012;

describe("the example of a training pipeline", () => {
  let folder: string;
  let client: Client;
  const runs: Run<Diabetes>[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-diabetes-"));
    client = await openClient({ folder, create: true });
    const flow = await loadFlow("examples/diabetes/flow.ts", { cacheDir: join(folder, "cache") });
    for (const seed of seeds) {
      const { run } = await runFlow(flow, { store: folder, parameters: { seed } });
      runs.push(await client.flow<Diabetes>("Diabetes").run(run));
    }
  });
  afterAll(async () => {
    await client.close();
    await rm(folder, { recursive: true });
  });

  it("has all rows of the data, and splits them by 70 to 30 at random", async () => {
    const [first, second] = await Promise.all(runs.slice(0, 2).map((run) => splitOf(run)));
    expect(first?.rows).toHaveLength(768);
    expect(first?.rows.filter(({ label }) => label === 1)).toHaveLength(268);
    expect([first?.training.length, first?.evaluation.length]).toEqual([538, 230]);
    expect(sorted([...(first?.training ?? []), ...(first?.evaluation ?? [])])).toEqual(sorted(first?.rows ?? []));
    expect(sorted(second?.evaluation ?? [])).not.toEqual(sorted(first?.evaluation ?? []));
  });

  it("standardizes by the training rows alone", async () => {
    const [run] = runs;
    const { training } = await splitOf(run as Run<Diabetes>);
    const { mean, deviation } = await (run as Run<Diabetes>).data.scaler;
    for (const [feature, average] of mean.entries()) {
      const column = training.map(({ features }) => features[feature] ?? Number.NaN);
      expect(average).toBeCloseTo(meanOf(column), 9);
      expect(deviation[feature]).toBeCloseTo(Math.sqrt(meanOf(column.map((x) => (x - average) ** 2))), 9);
    }
  });

  it("evaluates the slices, which together are the whole", async () => {
    for (const run of runs) {
      const { all, "has_diabetes=1": positive, "has_diabetes=0": negative, ...others } = await run.data.metrics;
      expect(others).toEqual({});
      const slices = [positive, negative].filter((slice) => slice !== undefined);
      const whole = (score: (slice: (typeof slices)[number]) => number) =>
        slices.reduce((total, slice) => total + slice.examples * score(slice), 0) / 230;
      expect(whole(() => 1)).toBe(1);
      expect(all?.binaryAccuracy).toBeCloseTo(whole(({ binaryAccuracy }) => binaryAccuracy), 9);
      expect(all?.binaryCrossentropy).toBeCloseTo(whole(({ binaryCrossentropy }) => binaryCrossentropy), 9);
    }
  });

  it("is as good as the reference over many splits", async () => {
    const accuracies = await Promise.all(runs.map(async ({ data }) => (await data.metrics).all?.binaryAccuracy ?? 0));
    const areas = await Promise.all(runs.map(({ data }) => data.auc));
    expect(Math.abs(meanOf(accuracies) - reference.accuracy)).toBeLessThan(tolerance);
    expect(Math.abs(meanOf(areas) - reference.auc)).toBeLessThan(tolerance);
    expect(Math.min(...accuracies)).toBeGreaterThan(majorityAccuracy);
  });

  it("makes the same network of the same seed", async () => {
    const flow = await loadFlow("examples/diabetes/flow.ts", { cacheDir: join(folder, "cache") });
    const { run } = await runFlow(flow, { store: folder, parameters: { seed: 1 } });
    const again = await client.flow<Diabetes>("Diabetes").run(run);
    expect(await again.data.network).toEqual(await runs[0]?.data.network);
    expect(await again.data.network).not.toEqual(await runs[1]?.data.network);
  });
});
