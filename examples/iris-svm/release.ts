import { artifact, FlowSpec, parameter, step } from "millrace";
import { readFlowers } from "./flowers.ts";

/** Fits the support vector machine in Python, and puts the service in Python behind the endpoint `iris-svm` if it is good enough. */
export default class ReleaseSvm extends FlowSpec {
  /** Of the step and of the service. */
  static override readonly python = { interpreter: "/usr/bin/python3", requirements: ["scikit-learn==1.7.2"] };

  readonly cost = parameter.number({ default: 1, min: 0, help: "what a flower on the wrong side of the margin costs" });
  readonly measures = parameter.integer({
    default: 4,
    min: 1,
    max: 4,
    help: "how many of a flower's measures it sees",
  });
  readonly least = parameter.number({ default: 0.9, min: 0, max: 1, help: "the accuracy that a release needs" });

  rows: number[][] = [];
  species: string[] = [];
  model = artifact<unknown>();
  accuracy = 0;
  supportVectors: number[] = [];

  @step async start() {
    const { rows, species } = await readFlowers();
    this.rows = rows.map((row) => row.slice(0, this.measures));
    this.species = species;
    return this.next(this.fit);
  }

  @step({ python: "svm.py", compute: { kind: "lambda", memory: "2 GiB", package: "image" } })
  fit() {
    return this.next(this.judge);
  }

  @step judge() {
    return this.accuracy >= this.least ? this.next(this.release) : this.next(this.end);
  }

  /** The endpoint is in service with the model when the step has succeeded. */
  @step({ deploy: { endpoint: "iris-svm", service: "service.py", instanceType: "ml.m5.large" } })
  release() {
    this.saveModel("iris-svm", this.model, { metrics: { accuracy: this.accuracy } });
    return this.next(this.end);
  }

  @step end() {
    console.log(`an accuracy of ${this.accuracy.toFixed(4)}, where ${this.least} is needed`);
  }
}
