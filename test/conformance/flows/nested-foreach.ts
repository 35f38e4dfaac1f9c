import { FlowSpec, type ForeachInputs, step } from "millrace";

export default class NestedForeach extends FlowSpec {
  row: number[] = [];
  cell = "";
  rows: string[] = [];
  table = "";

  @step start() {
    return this.foreach([[1, 2], [], [3]], this.open);
  }

  @step open(row: number[]) {
    this.row = row;
    return this.foreach(this.row, this.square);
  }

  @step square(value: number) {
    this.cell = `${this.current.path}:${value * value}`;
    return this.next(this.closeRow);
  }

  @step closeRow(inputs: ForeachInputs<NestedForeach>) {
    this.rows = inputs.map((input) => input.cell);
    return this.next(this.closeTable);
  }

  @step closeTable(inputs: ForeachInputs<NestedForeach>) {
    this.table = inputs.map((input) => `[${input.rows.join(" ")}]`).join(" ");
    return this.next(this.end);
  }

  @step end() {}
}
