import { FlowSpec, type ForeachInputs, step } from "millrace";

/** Every time around opens the same foreach again: its tasks have paths of their own. */
export default class ForeachInLoop extends FlowSpec {
  generation = 0;
  value = 0;
  sums: number[] = [];

  @step start() {
    return this.next(this.open);
  }

  @step open() {
    this.generation++;
    return this.foreach([1, 2], this.multiply);
  }

  @step multiply(item: number) {
    this.value = item * 10 ** this.generation;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<ForeachInLoop>) {
    this.sums.push(inputs.reduce((sum, input) => sum + input.value, 0));
    return this.sums.length < 3 ? this.next(this.open) : this.next(this.end);
  }

  @step end() {}
}
