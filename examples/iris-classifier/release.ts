import { artifact, FlowSpec, parameter, step } from "millrace";
import { countRight, readFlowers } from "./flowers.ts";
import { fitSoftmax, type Softmax } from "./softmax.ts";

/** Trains the model of IrisClassifier, and puts it behind the endpoint `iris` if it is good enough. */
export default class ReleaseIris extends FlowSpec {
  readonly epochs = parameter.integer({ default: 300, min: 1, help: "passes over the flowers" });
  readonly least = parameter.number({ default: 0.9, min: 0, max: 1, help: "the accuracy that a release needs" });
  softmax = artifact<Softmax>();
  accuracy = 0;
  verdict = "";

  @step start() {
    const { training, test } = readFlowers();
    const measures = training.map((flower) => flower.measures);
    const species = training.map((flower) => flower.species);
    this.softmax = fitSoftmax(measures, species, { epochs: this.epochs, learningRate: 0.5 });
    this.accuracy = countRight(this.softmax, test) / test.length;
    return this.accuracy >= this.least ? this.next(this.release) : this.next(this.reject);
  }

  /** The endpoint is in service with the model when the step has succeeded. */
  @step({
    deploy: {
      endpoint: "iris",
      service: "service.ts",
      models: { model: "softmax" },
      serverless: { memory: "1 GiB", maxConcurrency: 5 },
    },
  })
  release() {
    this.saveModel("iris", this.softmax, { metrics: { accuracy: this.accuracy } });
    this.verdict = `released with an accuracy of ${this.accuracy.toFixed(2)}`;
    return this.next(this.end);
  }

  @step reject() {
    this.verdict = `rejected: an accuracy of ${this.accuracy.toFixed(2)} is less than ${this.least}`;
    return this.next(this.end);
  }

  @step end() {
    console.log(this.verdict);
  }
}
