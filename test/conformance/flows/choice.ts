import { FlowSpec, parameter, step } from "millrace";

export default class Choice extends FlowSpec {
  readonly loss = parameter.number({ default: 0.2 });
  verdict = "";

  @step start() {
    return this.loss > 0.1 ? this.next(this.bad) : this.next(this.good);
  }

  @step bad() {
    this.verdict = "bad";
    return this.next(this.end);
  }

  @step good() {
    this.verdict = "good";
    return this.next(this.end);
  }

  @step end() {}
}
