import { setTimeout } from "node:timers/promises";
import { FlowSpec, step } from "millrace";

export default class TimeOut extends FlowSpec {
  @step start() {
    return this.next(this.slow);
  }

  @step({ timeout: "1 s" })
  async slow() {
    await setTimeout(60_000);
    return this.next(this.end);
  }

  @step end() {}
}
