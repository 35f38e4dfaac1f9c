import { FlowSpec, type ForeachInputs, step } from "millrace";

export default class EmptyForeach extends FlowSpec {
  items: number[] = [];
  untouched = "as it was";
  count = -1;

  @step start() {
    return this.foreach(this.items, this.body);
  }

  @step body(item: number) {
    this.untouched = String(item);
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<EmptyForeach>) {
    this.count = inputs.length;
    return this.next(this.end);
  }

  @step end() {}
}
