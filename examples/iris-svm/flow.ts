import { artifact, FlowSpec, parameter, step } from "millrace";
import { readFlowers } from "./flowers.ts";

/** Classifies Fisher's irises with a support vector machine: TypeScript reads and reports, Python fits. */
export default class IrisSvm extends FlowSpec {
  /** Here the packages of the system's Python; on AWS, those that are named. */
  static override readonly python = { interpreter: "/usr/bin/python3", requirements: ["scikit-learn==1.7.2"] };

  readonly cost = parameter.number({ default: 1, min: 0, help: "what a flower on the wrong side of the margin costs" });

  rows: number[][] = [];
  species: string[] = [];
  /** Python's: opaque here. */
  model = artifact<unknown>();
  /** The share of the flowers that the model names rightly. */
  accuracy = 0;
  /** How many each species has. */
  supportVectors: number[] = [];

  @step async start() {
    const { rows, species } = await readFlowers();
    this.rows = rows;
    this.species = species;
    return this.next(this.fit);
  }

  @step({ python: "svm.py", compute: { kind: "lambda", memory: "2 GiB", package: "image" } })
  fit() {
    return this.next(this.end);
  }

  @step end() {
    this.saveModel("iris-svm", this.model, { metrics: { accuracy: this.accuracy } });
    const names = [...new Set(this.species)].sort();
    console.log(`accuracy ${this.accuracy.toFixed(4)} on all ${this.rows.length} flowers`);
    console.log(`support vectors: ${this.supportVectors.map((count, i) => `${count} of ${names[i]}`).join(", ")}`);
  }
}
