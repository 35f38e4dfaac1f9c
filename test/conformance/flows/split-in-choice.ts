import { FlowSpec, type Inputs, parameter, step } from "millrace";

export default class SplitInChoice extends FlowSpec {
  readonly wide = parameter.boolean({ default: true });
  part = "";
  parts = "";

  @step start() {
    return this.wide ? this.next(this.left, this.right) : this.next(this.narrow);
  }

  @step left() {
    this.part = "left";
    return this.next(this.join);
  }

  @step right() {
    this.part = "right";
    return this.next(this.join);
  }

  @step join(inputs: Inputs<SplitInChoice, "left" | "right">) {
    this.parts = `${inputs.left.part} and ${inputs.right.part}`;
    this.part = "";
    return this.next(this.end);
  }

  @step narrow() {
    this.parts = "narrow";
    return this.next(this.end);
  }

  @step end() {}
}
