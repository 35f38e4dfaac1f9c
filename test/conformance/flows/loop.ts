import { FlowSpec, step } from "millrace";

export default class Loop extends FlowSpec {
  loss = 1;
  losses: number[] = [];

  @step start() {
    return this.next(this.train);
  }

  @step train() {
    this.loss /= 2;
    this.losses.push(this.loss);
    return this.loss > 0.1 ? this.next(this.train) : this.next(this.end);
  }

  @step end() {}
}
