import { FlowSpec, type ForeachInputs, step } from "millrace";

/** The join sees the iterations that succeeded. */
export default class Tolerate extends FlowSpec {
  value = 0;
  values: number[] = [];

  @step start() {
    return this.foreach([1, 2, 3, 4], this.body, { tolerate: 0.5 });
  }

  @step body(item: number) {
    if (item === 2) throw new Error("two is not wanted");
    this.value = item;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<Tolerate>) {
    this.values = inputs.map((input) => input.value);
    return this.next(this.end);
  }

  @step end() {}
}
