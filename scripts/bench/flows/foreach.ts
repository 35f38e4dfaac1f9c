import { FlowSpec, type ForeachInputs, parameter, step } from "millrace";

/** As many iterations as asked for, each doing nothing. */
export default class ForeachFlow extends FlowSpec {
  readonly iterations = parameter.integer({ default: 100 });
  done = 0;

  @step start() {
    return this.foreach(
      Array.from({ length: this.iterations }, (_, i) => i),
      this.body,
    );
  }

  @step body(_item: number) {
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<ForeachFlow>) {
    this.done = inputs.length;
    return this.next(this.end);
  }

  @step end() {}
}
