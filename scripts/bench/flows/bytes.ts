import { randomFillSync } from "node:crypto";
import { artifact, FlowSpec, parameter, step } from "millrace";

/** Random bytes, from one step to the next. */
export default class BytesFlow extends FlowSpec {
  readonly megabytes = parameter.integer({ default: 100 });
  bytes = artifact<Uint8Array>();
  size = 0;

  @step start() {
    this.bytes = randomFillSync(new Uint8Array(this.megabytes * 1_000_000));
    return this.next(this.measure);
  }

  @step measure() {
    this.size = this.bytes.byteLength;
    return this.next(this.end);
  }

  @step end() {}
}
