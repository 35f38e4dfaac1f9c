import { FlowSpec, type Inputs, parameter, step } from "millrace";

/** Two branches and a join. */
export default class BranchFlow extends FlowSpec {
  readonly scale = parameter.number({ default: 1, help: "what each branch is multiplied by" });
  readonly loud = parameter.boolean({ default: false });
  readonly tag = parameter.string({ default: "none", choices: ["none", "some"] });
  x = 0;
  total = 0;

  @step start() {
    return this.next(this.a, this.b);
  }

  /** The first. */
  @step a() {
    this.x = this.scale;
    return this.next(this.join);
  }

  @step({ retry: 2, timeout: "1 min", compute: { kind: "batch", vcpu: 2, memory: "4 GiB" } })
  b() {
    this.x = 2 * this.scale;
    return this.next(this.join);
  }

  @step join(inputs: Inputs<BranchFlow, "a" | "b">) {
    for (const { x } of inputs) this.total += x;
    console.log(`total is ${this.total}${this.loud ? "!" : ""}`);
    console.error(`tag is ${this.tag}`);
    return this.next(this.end);
  }

  @step end() {}
}
