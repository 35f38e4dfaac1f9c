import { artifact, FlowSpec, parameter, step } from "millrace";
import { countRight, type Flower, readFlowers } from "./flowers.ts";
import { fitSoftmax, type Softmax } from "./softmax.ts";

/** Trains the model of IrisClassifier on Fisher's irises, and saves it with its accuracy on flowers that it has not seen. */
export default class TrainIris extends FlowSpec {
  readonly epochs = parameter.integer({ default: 300, min: 1, help: "passes over the flowers" });
  readonly learningRate = parameter.number({ default: 0.5, min: 0, help: "of the gradient descent" });
  training: Flower[] = [];
  test: Flower[] = [];
  model = artifact<Softmax>();
  version = "";

  @step start() {
    const { training, test } = readFlowers();
    this.training = training;
    this.test = test;
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
    const right = countRight(this.model, this.test);
    this.version = this.saveModel("iris", this.model, {
      metrics: { accuracy: right / this.test.length },
      metadata: { rows: this.training.length },
    });
    console.log(`iris:${this.version} tells ${right} of ${this.test.length} flowers right`);
  }
}
