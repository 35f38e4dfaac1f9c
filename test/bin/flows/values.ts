import { Socket } from "node:net";
import { type Table, tableFromArrays } from "apache-arrow";
import { ArtifactFile, artifact, FlowSpec, parameter, step } from "millrace";

export default class ValuesFlow extends FlowSpec {
  readonly socket = parameter.boolean({ default: false });
  big = 0n;
  bytes = new Uint8Array();
  map = new Map<string, Set<number>>();
  nothing: undefined;
  report = new ArtifactFile("empty.txt", "");
  table = artifact<Table>();
  text = "";
  vector = new Float64Array();
  config: unknown = {};

  @step start() {
    this.big = 2n ** 64n;
    this.bytes = new TextEncoder().encode("raw bytes\n");
    this.map = new Map([["a", new Set([1, 2])]]);
    this.report = new ArtifactFile("report.html", "<h1>Report</h1>\n");
    this.table = tableFromArrays({ name: ["a", "b"], n: BigInt64Array.of(1n, 2n) });
    this.text = "one\ttwo\nthree \u001b[31m";
    this.vector = Float64Array.of(0.5, Number.NaN);
    if (this.socket) this.config = { handlers: [{ socket: new Socket() }] };
    return this.next(this.end);
  }

  @step end() {}
}
