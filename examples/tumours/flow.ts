import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { artifact, FlowSpec, parameter, step } from "millrace";
import { evaluate, type Metrics } from "./evaluation.ts";
import { type Example, type Network, train } from "./network.ts";
import { createRandom, shuffled } from "./random.ts";
import { fitScaler, type Scaler, scale } from "./scaler.ts";

/** Tells malignant tumours from benign ones with a small neural network: data source, split, preprocessing, trainer, evaluator. */
export default class Tumours extends FlowSpec {
  readonly training = parameter.number({ default: 0.7, min: 0.1, max: 0.9, help: "the share that is trained on" });
  readonly epochs = parameter.integer({ default: 20, min: 1, help: "passes over the training data" });
  readonly units = parameter.integer({ default: 16, min: 1, help: "of the hidden layer" });
  readonly seed = parameter.integer({ default: 1, help: "of what is left to chance: the split, the first weights" });

  rows: Example[] = [];
  trainingRows: Example[] = [];
  evaluationRows: Example[] = [];
  scaler = artifact<Scaler>();
  network = artifact<Network>();
  metrics: Record<string, Metrics> = {};

  /** The data source: what it read is an artifact of the run. */
  @step async start() {
    const text = await readFile(new URL("tumours.csv", import.meta.url), "utf8");
    const records: Record<string, string>[] = parse(text, { columns: true });
    this.rows = records.map(({ diagnosis, ...features }) => ({
      features: Object.values(features).map(Number),
      label: diagnosis === "malignant" ? 1 : 0,
    }));
    return this.next(this.split);
  }

  @step split() {
    const rows = shuffled(this.rows, createRandom(this.seed));
    const count = Math.round(rows.length * this.training);
    this.trainingRows = rows.slice(0, count);
    this.evaluationRows = rows.slice(count);
    return this.next(this.preprocess);
  }

  /** Standardizes the features by what is known of the training data; the label is left as it is. */
  @step preprocess() {
    const scaler = fitScaler(this.trainingRows.map(({ features }) => features));
    const scaled = (rows: Example[]) => rows.map((row) => ({ ...row, features: scale(scaler, row.features) }));
    this.trainingRows = scaled(this.trainingRows);
    this.evaluationRows = scaled(this.evaluationRows);
    this.scaler = scaler;
    return this.next(this.train);
  }

  @step train() {
    const { units, epochs, seed } = this;
    this.network = train(this.trainingRows, { units, epochs, seed, learningRate: 0.05 });
    return this.next(this.evaluate);
  }

  /** On all the evaluation data, and on each diagnosis by itself. */
  @step evaluate() {
    const slice = (label: number) => this.evaluationRows.filter((row) => row.label === label);
    this.metrics = {
      all: evaluate(this.network, this.evaluationRows),
      malignant: evaluate(this.network, slice(1)),
      benign: evaluate(this.network, slice(0)),
    };
    return this.next(this.end);
  }

  @step end() {
    const { all } = this.metrics;
    const version = this.saveModel(
      "tumours",
      { scaler: this.scaler, network: this.network },
      { metrics: { accuracy: all?.accuracy ?? 0, crossEntropy: all?.crossEntropy ?? 0 } },
    );
    for (const [slice, { examples, crossEntropy, accuracy }] of Object.entries(this.metrics)) {
      console.log(
        `${slice}: ${examples} tumours, accuracy ${accuracy.toFixed(3)}, cross-entropy ${crossEntropy.toFixed(3)}`,
      );
    }
    console.log(`tumours:${version}`);
  }
}
