/** What the steps of `handlers.yaml` run. */
interface Handled {
  readonly rate: number;
  readonly input: number;
  readonly index: number;
  rows: number[];
  row: string;
  scaled: string[];
  note: string;
}

export function load(flow: Handled): void {
  flow.rows = [3, 4];
}

export function scale(flow: Handled): void {
  flow.row = `${flow.index}: ${flow.input * flow.rate}`;
}

export function gather(flow: Handled, inputs: readonly Handled[]): string {
  flow.scaled = inputs.map((input) => input.row);
  return inputs.length > 10 ? "many" : "few";
}

export function many(flow: Handled): void {
  flow.note = "many";
}

export function few(flow: Handled): void {
  flow.note = `few: ${flow.scaled.join(", ")}`;
}

export function end(flow: Handled): void {
  console.log(flow.note);
}
