import { FlowSpec, type Inputs, step } from "millrace";

/** One branch has the name of an array's method: inputs inherit nothing. */
export default class Split extends FlowSpec {
  x = 0;
  onlyFilter = "before";
  same = 0;
  order: string[] = [];

  @step start() {
    return this.next(this.filter, this.b);
  }

  @step filter() {
    this.x = 1;
    this.onlyFilter = "changed by one branch";
    this.same = 7;
    return this.next(this.join);
  }

  @step b() {
    this.x = 2;
    this.same = 7;
    return this.next(this.join);
  }

  @step join(inputs: Inputs<Split, "filter" | "b">) {
    this.order = [...inputs].map((input) => `x${input.x}`);
    this.x = inputs.filter.x * 10 + inputs.b.x;
    return this.next(this.end);
  }

  @step end() {}
}
