import fc from "fast-check";
import { AggregatorRegistry, Histogram as PrometheusHistogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { Histogram } from "../../lib/model/server/histogram.ts";

function options() {
  const register = new Registry();
  register.setDefaultLabels({ service: "Iris" });
  const labelNames: ("api" | "status")[] = ["api", "status"];
  return { register, name: "seconds", help: "How long.", labelNames, buckets: [0.1, 0.25, 1], registers: [register] };
}

const value = fc.oneof(fc.constantFrom(0, 0.1, 0.25, 1, 1.5), fc.double({ min: 0, max: 2, noNaN: true }));
const observations = fc.array(fc.array(value, { minLength: 1 }), { maxLength: 4 });

it("a histogram gives what prom-client's own gives, as text and added up over processes", async () => {
  const check = async (series: readonly (readonly number[])[]) => {
    const [theirs, ours] = [options(), options()];
    const [expected, histogram] = [new PrometheusHistogram(theirs), new Histogram(ours)];
    for (const [i, values] of series.entries()) {
      const labels = { api: `a"${i}`, status: 200 + i };
      const counted = histogram.series(labels);
      for (const value of values) {
        expected.observe(labels, value);
        counted.observe(value);
      }
    }
    expect(await ours.register.metrics()).toBe(await theirs.register.metrics());
    const sum = async ({ register }: ReturnType<typeof options>) => {
      const part = await register.getMetricsAsJSON();
      return await AggregatorRegistry.aggregate([part, part]).metrics();
    };
    expect(await sum(ours)).toBe(await sum(theirs));
  };
  await fc.assert(fc.asyncProperty(observations, check));
});
