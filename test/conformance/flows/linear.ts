import { FlowSpec, parameter, step } from "millrace";

export default class Linear extends FlowSpec {
  readonly alpha = parameter.number({ default: 0.5 });
  words: string[] = [];
  kept = { deep: [1, 2] };
  when = new Date(0);
  scaled = 0;

  @step start() {
    this.words.push("start");
    return this.next(this.middle);
  }

  @step middle() {
    this.words.push("middle");
    this.scaled = 10 * this.alpha;
    return this.next(this.end);
  }

  @step end() {
    this.words.push("end");
  }
}
