import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { artifact, FlowSpec, parameter, step } from "millrace";
import { classify, fitSoftmax, type Softmax } from "./softmax.ts";

interface Flower {
  /** Sepal length and width, petal length and width, in cm. */
  readonly measures: readonly number[];
  readonly species: string;
}

/** Trains the model of IrisClassifier on Fisher's irises, and saves it with its accuracy on flowers that it has not seen. */
export default class TrainIris extends FlowSpec {
  readonly epochs = parameter.integer({ default: 300, min: 1, help: "passes over the flowers" });
  readonly learningRate = parameter.number({ default: 0.5, min: 0, help: "of the gradient descent" });
  training: Flower[] = [];
  test: Flower[] = [];
  model = artifact<Softmax>();
  version = "";

  /** Every fifth flower is for the test: the file is sorted by species, so each has its share. */
  @step start() {
    const file = new URL("../iris-stats/iris.csv", import.meta.url);
    const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true });
    const flowers = rows.map(({ species = "", ...measures }) => ({
      measures: Object.values(measures).map(Number),
      species,
    }));
    this.training = flowers.filter((_, i) => i % 5 !== 0);
    this.test = flowers.filter((_, i) => i % 5 === 0);
    return this.next(this.train);
  }

  @step train() {
    const { epochs, learningRate } = this;
    const measures = this.training.map((flower) => flower.measures);
    const species = this.training.map((flower) => flower.species);
    this.model = fitSoftmax(measures, species, { epochs, learningRate });
    return this.next(this.end);
  }

  @step end() {
    const right = this.test.filter(({ measures, species }) => classify(this.model, measures) === species);
    const accuracy = right.length / this.test.length;
    this.version = this.saveModel("iris", this.model, {
      metrics: { accuracy },
      metadata: { rows: this.training.length },
    });
    console.log(`iris:${this.version} tells ${right.length} of ${this.test.length} flowers right`);
  }
}
