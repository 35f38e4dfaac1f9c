import { FlowSpec, step } from "millrace";

export default class RetryExhausted extends FlowSpec {
  @step start() {
    return this.next(this.fragile);
  }

  @step({ retry: { times: 1, interval: "1 s" } })
  fragile() {
    if (this.current.attempt < 5) throw new RangeError(`attempt ${this.current.attempt} is too early`);
    return this.next(this.end);
  }

  @step end() {}
}
