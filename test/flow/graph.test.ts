import { describe, expect, it } from "vitest";
import { dot, mermaid } from "../../lib/flow/graph/index.ts";
import { flow, foreach, join, next, shapes, step } from "./flows.ts";

const everything = flow({
  start: step([next("a", "b")]),
  a: step([foreach("fit"), next("skip")]),
  fit: step([next("gather")]),
  gather: join([next("join")]),
  skip: step([next("join")]),
  b: step([next("join")]),
  join: join([next("end")]),
});
const name = 'x"] --> y; <b> \\N\n';
const hostile = { ...flow({ start: step([next(name)]), [name]: step([next("end")]) }), name: 'My "flow"' };
const broken = flow({ start: step([next("a", "nowhere")]), a: step([]) });

describe("the Mermaid picture", () => {
  it("shows splits, foreachs, choices and joins", () => {
    expect(mermaid(everything)).toBe(`flowchart TD
  s0(["start"])
  s1["a"]
  s2[["fit"]]
  s3{{"gather"}}
  s4["skip"]
  s5["b"]
  s6{{"join"}}
  s7(["end"])
  s0 --> s1
  s0 --> s5
  s1 -.->|each| s2
  s1 -.-> s4
  s2 --> s3
  s3 --> s6
  s4 --> s6
  s5 --> s6
  s6 --> s7
`);
  });

  it("shows a loop", () => {
    expect(mermaid(shapes.loop)).toBe(`flowchart TD
  s0(["start"])
  s1["train"]
  s2(["end"])
  s0 --> s1
  s1 -.-> s1
  s1 -.-> s2
`);
  });

  it("takes no name for markup", () => {
    expect(mermaid(hostile)).toBe(`flowchart TD
  s0(["start"])
  s1["x#34;#93; --#62; y#59; #60;b#62; #92;N#10;"]
  s2(["end"])
  s0 --> s1
  s1 --> s2
`);
  });

  it("leaves out what is no step", () => {
    expect(mermaid(broken)).toBe(`flowchart TD
  s0(["start"])
  s1["a"]
  s2(["end"])
  s0 --> s1
`);
  });
});

describe("the Graphviz picture", () => {
  it("shows splits, foreachs, choices and joins", () => {
    expect(dot(everything)).toBe(`digraph "Sample" {
  node [fontname="Helvetica"];
  "start" [shape=oval];
  "a" [shape=box];
  "fit" [shape=box3d];
  "gather" [shape=hexagon];
  "skip" [shape=box];
  "b" [shape=box];
  "join" [shape=hexagon];
  "end" [shape=oval];
  "start" -> "a";
  "start" -> "b";
  "a" -> "fit" [style=dashed, label="each"];
  "a" -> "skip" [style=dashed];
  "fit" -> "gather";
  "gather" -> "join";
  "skip" -> "join";
  "b" -> "join";
  "join" -> "end";
}
`);
  });

  it("takes no name for markup", () => {
    expect(dot(hostile)).toBe(`digraph "My \\"flow\\"" {
  node [fontname="Helvetica"];
  "start" [shape=oval];
  "x\\"] --> y; <b> \\\\N " [shape=box];
  "end" [shape=oval];
  "start" -> "x\\"] --> y; <b> \\\\N ";
  "x\\"] --> y; <b> \\\\N " -> "end";
}
`);
  });
});
