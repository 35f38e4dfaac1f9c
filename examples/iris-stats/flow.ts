import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { artifact, FlowSpec, type ForeachInputs, parameter, step } from "millrace";
import { mean, quantile, sampleStandardDeviation } from "simple-statistics";

interface Flower {
  readonly sepal_length: number;
  readonly sepal_width: number;
  readonly petal_length: number;
  readonly petal_width: number;
  readonly species: string;
}

interface Summary {
  readonly species: string;
  readonly flowers: number;
  readonly mean: number;
  readonly deviation: number;
  readonly median: number;
}

/** Statistics of one measure of Fisher's irises, species by species. */
export default class IrisStats extends FlowSpec {
  readonly measure = parameter.string({
    default: "petal_length",
    choices: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    help: "the measure that is summed up",
  });
  readonly apart = parameter.number({
    default: 1,
    min: 0,
    help: "from how many standard deviations between two species' means on they are told apart",
  });

  flowers: Flower[] = [];
  summary = artifact<Summary>();
  summaries: Summary[] = [];
  /** The least distance between two neighbouring species, in standard deviations. */
  gap = 0;
  verdict = "";

  @step async start() {
    const text = await readFile(new URL("iris.csv", import.meta.url), "utf8");
    this.flowers = parse(text, {
      columns: true,
      cast: (value, { header, column }) => (header || column === "species" ? value : Number(value)),
    });
    console.log(`${this.flowers.length} flowers`);
    return this.foreach([...new Set(this.flowers.map((flower) => flower.species))], this.summarize, { max: 100 });
  }

  @step summarize(species: string) {
    const values = this.flowers.filter((flower) => flower.species === species).map((flower) => flower[this.measure]);
    this.summary = {
      species,
      flowers: values.length,
      mean: mean(values),
      deviation: sampleStandardDeviation(values),
      median: quantile(values, 0.5),
    };
    return this.next(this.compare);
  }

  @step compare(inputs: ForeachInputs<IrisStats>) {
    this.summaries = inputs.map((input) => input.summary).sort((a, b) => a.mean - b.mean);
    const gaps = this.summaries.slice(1).map((next, i) => {
      const previous = this.summaries[i] as Summary;
      return (next.mean - previous.mean) / Math.hypot(next.deviation, previous.deviation);
    });
    this.gap = Math.min(...gaps);
    return this.gap >= this.apart ? this.next(this.separable) : this.next(this.mixed);
  }

  @step separable() {
    this.verdict = `${this.measure} tells the species apart`;
    return this.next(this.end);
  }

  @step mixed() {
    this.verdict = `${this.measure} does not tell the species apart`;
    return this.next(this.end);
  }

  @step end() {
    for (const { species, flowers, mean, deviation, median } of this.summaries) {
      console.log(
        `${species}: ${flowers} flowers, mean ${mean.toFixed(3)}, deviation ${deviation.toFixed(3)}, median ${median.toFixed(2)}`,
      );
    }
    console.log(`${this.verdict} (gap ${this.gap.toFixed(2)} deviations)`);
  }
}
