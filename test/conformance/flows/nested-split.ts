import { FlowSpec, type Inputs, step } from "millrace";

export default class NestedSplit extends FlowSpec {
  trail: string[] = [];

  @step start() {
    return this.next(this.a, this.b);
  }

  @step a() {
    this.trail.push("a");
    return this.next(this.a1, this.a2);
  }

  @step a1() {
    this.trail.push("a1");
    return this.next(this.inner);
  }

  @step a2() {
    this.trail.push("a2");
    return this.next(this.inner);
  }

  @step inner(inputs: Inputs<NestedSplit, "a1" | "a2">) {
    this.trail = [...inputs.a1.trail, ...inputs.a2.trail];
    return this.next(this.outer);
  }

  @step b() {
    this.trail.push("b");
    return this.next(this.outer);
  }

  @step outer(inputs: Inputs<NestedSplit, "a" | "b">) {
    this.trail = [...inputs.a.trail, ...inputs.b.trail];
    return this.next(this.end);
  }

  @step end() {}
}
