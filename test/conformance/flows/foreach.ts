import { FlowSpec, type ForeachInputs, step } from "millrace";

/** The body gets the item; the step after it has it as `this.input`. */
export default class Foreach extends FlowSpec {
  words = ["one", "two", "three"];
  length = 0;
  label = "";
  lengths: number[] = [];
  labels: string[] = [];

  @step start() {
    return this.foreach(this.words, this.measure);
  }

  @step measure(word: string) {
    this.length = word.length;
    return this.next(this.name);
  }

  @step name() {
    this.label = `${this.index} ${this.input} ${this.current.path}`;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<Foreach>) {
    this.lengths = inputs.map((input) => input.length);
    this.labels = inputs.map((input) => input.label);
    return this.next(this.end);
  }

  @step end() {}
}
