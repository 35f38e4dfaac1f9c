import { FlowSpec, type ForeachInputs, type Inputs, step } from "millrace";

export default class ForeachInSplit extends FlowSpec {
  squared = 0;
  sum = 0;
  text = "";

  @step start() {
    return this.next(this.numbers, this.words);
  }

  @step numbers() {
    return this.foreach([1, 2, 3], this.square);
  }

  @step square(value: number) {
    this.squared = value * value;
    return this.next(this.add);
  }

  @step add(inputs: ForeachInputs<ForeachInSplit>) {
    for (const input of inputs) this.sum += input.squared;
    return this.next(this.meet);
  }

  @step words() {
    this.text = "words";
    return this.next(this.meet);
  }

  @step meet(inputs: Inputs<ForeachInSplit, "numbers" | "words">) {
    this.text = `${inputs.numbers.sum} ${inputs.words.text}`;
    return this.next(this.end);
  }

  @step end() {}
}
