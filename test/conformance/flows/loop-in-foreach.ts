import { FlowSpec, type ForeachInputs, step } from "millrace";

export default class LoopInForeach extends FlowSpec {
  left = 0;
  rounds = 0;
  allRounds: number[] = [];

  @step start() {
    return this.foreach([3, 0, 1], this.begin);
  }

  @step begin(value: number) {
    this.left = value;
    return this.next(this.round);
  }

  @step round() {
    this.rounds++;
    return this.left-- > 0 ? this.next(this.round) : this.next(this.join);
  }

  @step join(inputs: ForeachInputs<LoopInForeach>) {
    this.allRounds = inputs.map((input) => input.rounds);
    return this.next(this.end);
  }

  @step end() {}
}
