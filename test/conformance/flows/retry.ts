import { FlowSpec, step } from "millrace";

/** What a failed attempt has assigned is not to be seen by the next one. */
export default class Retry extends FlowSpec {
  tries: number[] = [];

  @step({ retry: { times: 2, interval: "1 s", backoff: 1 } })
  start() {
    this.tries.push(this.current.attempt);
    if (this.current.attempt === 0) throw new Error("not yet");
    return this.next(this.end);
  }

  @step end() {}
}
