import { FlowSpec, step } from "millrace";

export default class FailFlow extends FlowSpec {
  kept = "yes";

  @step start() {
    return this.next(this.middle);
  }

  @step({ retry: { times: 1, interval: "10 ms" } })
  middle() {
    console.log(`attempt ${this.current.attempt}`);
    open();
    return this.next(this.end);
  }

  @step end() {}
}

function open(): never {
  throw new TypeError("no such model");
}
