import { beforeAll, describe, expect, it } from "vitest";
import Diabetes from "../../examples/diabetes/flow.ts";
import type { Example } from "../../examples/diabetes/network.ts";
import { describeFlow } from "../../lib/flow/load/describe.ts";
import { readParameters } from "../../lib/flow/parameters.ts";

/** What independent code has with such a network: means over 50 random splits. */
const reference = { accuracy: 0.763, auc: 0.827 };
/** Of who says that nobody has diabetes. */
const majorityAccuracy = 0.651;
/** Scores deviate by 0.022 between splits, so a mean over 20 by 0.005 and the reference by 0.003: about two deviations of the difference. */
const tolerance = 0.012;
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

describe("the example of a training pipeline", () => {
  let flows: Diabetes[];
  beforeAll(async () => {
    flows = await Promise.all(seeds.map((seed) => evaluated(seed)));
  });

  it("splits the data by 70 to 30, each seed otherwise", async () => {
    const [flow, other] = [await split(1), await split(2)];
    expect([flow.rows.length, flow.rows.filter(({ label }) => label === 1).length]).toEqual([768, 268]);
    expect([flow.trainingRows.length, flow.evaluationRows.length]).toEqual([538, 230]);
    expect(sorted([...flow.trainingRows, ...flow.evaluationRows])).toEqual(sorted(flow.rows));
    expect(sorted(flow.evaluationRows)).not.toEqual(sorted(other.evaluationRows));
  });

  it("brings the features to mean 0 and deviation 1 by the training rows alone", () => {
    const [flow] = flows as [Diabetes];
    for (const feature of Array(8).keys()) {
      const training = column(flow.trainingRows, feature);
      expect(mean(training)).toBeCloseTo(0, 9);
      expect(mean(training.map((x) => x ** 2))).toBeCloseTo(1, 9);
      expect(mean(column(flow.evaluationRows, feature))).not.toBeCloseTo(0, 4);
    }
  });

  it("evaluates slices that together are the whole", () => {
    for (const { metrics } of flows) {
      const { all, ...slices } = metrics;
      expect(Object.keys(slices)).toEqual(["has_diabetes=1", "has_diabetes=0"]);
      for (const metric of ["binaryAccuracy", "binaryCrossentropy"] as const) {
        const total = Object.values(slices).reduce((sum, slice) => sum + slice.examples * slice[metric], 0);
        expect(total / 230).toBeCloseTo(all?.[metric] ?? Number.NaN, 9);
      }
    }
  });

  it("is as good as the reference over many splits", () => {
    const accuracies = flows.map(({ metrics }) => metrics.all?.binaryAccuracy ?? Number.NaN);
    expect(Math.abs(mean(accuracies) - reference.accuracy)).toBeLessThan(tolerance);
    expect(Math.abs(mean(flows.map(({ auc }) => auc)) - reference.auc)).toBeLessThan(tolerance);
    expect(Math.min(...accuracies)).toBeGreaterThan(majorityAccuracy);
  });

  it("makes the same network of the same seed", async () => {
    const [first, second] = flows as [Diabetes, Diabetes];
    expect((await evaluated(1)).network).toEqual(first.network);
    expect(second.network).not.toEqual(first.network);
  });
});

/** A flow whose steps are called one by one, with the parameters that a run would have. */
async function split(seed: number): Promise<Diabetes> {
  const flow = Object.assign(new Diabetes(), readParameters(describeFlow(Diabetes).parameters, { seed }));
  await flow.start();
  flow.split();
  return flow;
}

async function evaluated(seed: number): Promise<Diabetes> {
  const flow = await split(seed);
  flow.preprocess();
  flow.train();
  flow.evaluate();
  return flow;
}

function column(rows: readonly Example[], feature: number): number[] {
  return rows.map(({ features }) => features[feature] ?? Number.NaN);
}

function sorted(rows: readonly Example[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
