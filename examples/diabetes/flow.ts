import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { artifact, FlowSpec, parameter, step } from "millrace";
import { areaUnderCurve, evaluate, type Metrics } from "./evaluation.ts";
import { type Example, type Network, train } from "./network.ts";
import { createRandom, shuffled } from "./random.ts";
import { fitScaler, type Scaler, scale } from "./scaler.ts";

/** Tells who has diabetes with a small neural network: data source, split, preprocessing, trainer, evaluator. */
export default class Diabetes extends FlowSpec {
  readonly training = parameter.number({ default: 0.7, min: 0.1, max: 0.9, help: "the share that is trained on" });
  readonly epochs = parameter.integer({ default: 20, min: 1, help: "passes over the training data" });
  readonly units = parameter.integer({ default: 10, min: 1, help: "of the hidden layer" });
  readonly seed = parameter.integer({ default: 1, help: "of the split, the first weights and the batches" });

  rows: Example[] = [];
  trainingRows: Example[] = [];
  evaluationRows: Example[] = [];
  scaler = artifact<Scaler>();
  network = artifact<Network>();
  metrics: Record<string, Metrics> = {};
  auc = 0;

  /** The data source: what it read is an artifact of the run. */
  @step async start() {
    const text = await readFile(new URL("pima-indians-diabetes.csv", import.meta.url), "utf8");
    const records: Record<string, string>[] = parse(text, { columns: true });
    this.rows = records.map(({ has_diabetes, ...features }) => ({
      features: Object.values(features).map(Number),
      label: Number(has_diabetes),
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
    this.network = train(this.trainingRows, { units, epochs, seed, batchSize: 8, learningRate: 1e-3 });
    return this.next(this.evaluate);
  }

  /** On all the evaluation data, and on those with and those without diabetes by themselves. */
  @step evaluate() {
    const slice = (label: number) => this.evaluationRows.filter((row) => row.label === label);
    this.metrics = {
      all: evaluate(this.network, this.evaluationRows),
      "has_diabetes=1": evaluate(this.network, slice(1)),
      "has_diabetes=0": evaluate(this.network, slice(0)),
    };
    this.auc = areaUnderCurve(this.network, this.evaluationRows);
    return this.next(this.end);
  }

  @step end() {
    const { all } = this.metrics;
    const version = this.saveModel(
      "diabetes",
      { scaler: this.scaler, network: this.network },
      {
        metrics: {
          binaryAccuracy: all?.binaryAccuracy ?? 0,
          binaryCrossentropy: all?.binaryCrossentropy ?? 0,
          auc: this.auc,
        },
      },
    );
    for (const [slice, { examples, binaryCrossentropy, binaryAccuracy }] of Object.entries(this.metrics)) {
      console.log(
        `${slice}: ${examples} people, accuracy ${binaryAccuracy.toFixed(3)}, cross-entropy ${binaryCrossentropy.toFixed(3)}`,
      );
    }
    console.log(`AUC ${this.auc.toFixed(3)}`);
    console.log(`diabetes:${version}`);
  }
}
