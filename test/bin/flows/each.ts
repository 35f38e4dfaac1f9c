import { setTimeout as sleep } from "node:timers/promises";
import { FlowSpec, type ForeachInputs, parameter, step } from "millrace";

export default class EachFlow extends FlowSpec {
  readonly items = parameter.integer({ default: 3, min: 0 });
  readonly seconds = parameter.number({ default: 0 });
  item = -1;
  sum = 0;

  @step start() {
    return this.foreach([...Array(this.items).keys()], this.body);
  }

  @step async body(item: number) {
    console.log(`item ${item}`);
    await sleep(this.seconds * 1000);
    this.item = item;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<EachFlow>) {
    this.sum = inputs.reduce((sum, { item }) => sum + item, 0);
    return this.next(this.end);
  }

  @step end() {}
}
