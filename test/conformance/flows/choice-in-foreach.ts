import { FlowSpec, type ForeachInputs, step } from "millrace";

/** The arms of the choice meet in the join of the foreach. */
export default class ChoiceInForeach extends FlowSpec {
  kind = "";
  kinds: string[] = [];

  @step start() {
    return this.foreach([1, 2, 3, 4], this.look);
  }

  @step look(value: number) {
    return value % 2 === 0 ? this.next(this.even) : this.next(this.odd);
  }

  @step even() {
    this.kind = `${this.input} is even`;
    return this.next(this.join);
  }

  @step odd() {
    this.kind = `${this.input} is odd`;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<ChoiceInForeach>) {
    this.kinds = inputs.map((input) => input.kind);
    return this.next(this.end);
  }

  @step end() {}
}
