import { FlowSpec, type Inputs, parameter, step } from "millrace";

/** Two branches that run side by side, and a join that adds up what they found. */
export default class BranchFlow extends FlowSpec {
  readonly scale = parameter.number({ default: 1, help: "what each branch is multiplied by" });
  x = 0;
  total = 0;

  @step start() {
    return this.next(this.a, this.b);
  }

  @step a() {
    this.x = 1 * this.scale;
    return this.next(this.join);
  }

  @step b() {
    this.x = 2 * this.scale;
    return this.next(this.join);
  }

  @step join(inputs: Inputs<BranchFlow, "a" | "b">) {
    console.log(`a is ${inputs.a.x}`);
    console.log(`b is ${inputs.b.x}`);
    for (const input of inputs) this.total += input.x;
    console.log(`total is ${this.total}`);
    return this.next(this.end);
  }

  @step end() {}
}
