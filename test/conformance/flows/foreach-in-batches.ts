import { FlowSpec, type ForeachInputs, step } from "millrace";

/** On AWS a child execution takes care of two iterations; that is not to be seen. */
export default class ForeachInBatches extends FlowSpec {
  squared = 0;
  squares: number[] = [];

  @step start() {
    return this.foreach([1, 2, 3, 4, 5], this.square, { batch: 2 });
  }

  @step square(value: number) {
    this.squared = value * value;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<ForeachInBatches>) {
    this.squares = inputs.map((input) => input.squared);
    return this.next(this.end);
  }

  @step end() {}
}
