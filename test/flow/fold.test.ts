import { describe, expect, it } from "vitest";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { FoldError, fold } from "../../lib/flow/fold.ts";
import { flow, foreach, join, next, shapes, step } from "./flows.ts";

describe("the fold", () => {
  it("of a linear flow is one region", () => {
    const root = { entry: "start", steps: ["start", "work", "end"], loops: false };
    const plain = { region: root, role: "plain", depth: 0 };
    expect(fold(shapes.linear)).toEqual({
      root,
      places: new Map([
        ["start", { step: "start", ...plain, exits: [{ kind: "next", step: "work", back: false }] }],
        ["work", { step: "work", ...plain, exits: [{ kind: "next", step: "end", back: false }] }],
        ["end", { step: "end", ...plain, exits: [{ kind: "end" }] }],
      ]),
    });
  });

  it("of a foreach inside a split has regions in regions, and the join of each", () => {
    const root = { entry: "start", steps: ["start", "join", "end"], loops: false };
    const a = { entry: "a", steps: ["a", "gather"], loops: false };
    const b = { entry: "b", steps: ["b"], loops: false };
    const fit = { entry: "fit", steps: ["fit"], loops: false };
    const places = [
      {
        step: "start",
        region: root,
        role: "plain",
        depth: 0,
        exits: [{ kind: "split", branches: [a, b], join: "join" }],
      },
      {
        step: "a",
        region: a,
        role: "plain",
        depth: 0,
        exits: [{ kind: "foreach", foreach: foreach("fit"), body: fit, join: "gather" }],
      },
      { step: "fit", region: fit, role: "body", depth: 1, exits: [{ kind: "leave", join: "gather" }] },
      {
        step: "gather",
        region: a,
        role: "join",
        depth: 0,
        exits: [{ kind: "leave", join: "join" }],
        join: {
          kind: "foreach",
          splitter: "a",
          branches: [{ name: "fit", leads: [{ step: "fit", transition: 0 }] }],
        },
      },
      { step: "b", region: b, role: "plain", depth: 0, exits: [{ kind: "leave", join: "join" }] },
      {
        step: "join",
        region: root,
        role: "join",
        depth: 0,
        exits: [{ kind: "next", step: "end", back: false }],
        join: {
          kind: "split",
          splitter: "start",
          branches: [
            { name: "a", leads: [{ step: "gather", transition: 0 }] },
            { name: "b", leads: [{ step: "b", transition: 0 }] },
          ],
        },
      },
      { step: "end", region: root, role: "plain", depth: 0, exits: [{ kind: "end" }] },
    ];
    const folded = fold(shapes["foreach inside a split"]);
    expect(folded.root).toEqual(root);
    expect(Object.fromEntries(folded.places)).toEqual(Object.fromEntries(places.map((place) => [place.step, place])));
  });

  it("marks the edge that closes a loop, and no other", () => {
    const { places, root } = fold(shapes["loop in a foreach"]);
    expect(root.loops).toBe(false);
    expect(places.get("fit")?.region.loops).toBe(true);
    expect(places.get("fit")?.exits).toEqual([{ kind: "next", step: "score", back: false }]);
    expect(places.get("score")?.exits).toEqual([
      { kind: "next", step: "fit", back: true },
      { kind: "leave", join: "join" },
    ]);
  });

  it("knows every transition that leads to a join, where arms of a choice meet in it", () => {
    expect(fold(shapes["choice whose arms meet in a foreach's join"]).places.get("join")?.join).toEqual({
      kind: "foreach",
      splitter: "start",
      branches: [
        {
          name: "fit",
          leads: [
            { step: "good", transition: 0 },
            { step: "bad", transition: 0 },
          ],
        },
      ],
    });
  });

  it("leaves out a step that nothing leads to", () => {
    const lone = flow({ start: step([next("end")]), lone: step([next("end")]) });
    expect([...fold(lone).places.keys()]).toEqual(["start", "end"]);
  });

  it("takes ten thousand steps in a row and a thousand splits in splits", () => {
    const row: Record<string, StepDefinition> = { start: step([next("s0")]) };
    for (let i = 0; i < 10_000; i++) row[`s${i}`] = step([next(i === 9_999 ? "end" : `s${i + 1}`)]);
    expect(fold(flow(row)).root.steps.length).toBe(10_002);

    const nested: Record<string, StepDefinition> = { start: step([next("a0")]) };
    for (let i = 0; i < 1_000; i++) {
      nested[`a${i}`] = step([i === 999 ? next("b", "c") : next(`a${i + 1}`, `x${i}`)]);
      nested[`x${i}`] = step([next(`j${i}`)]);
      nested[`j${i}`] = join([next(i === 0 ? "end" : `j${i - 1}`)]);
    }
    nested.b = step([next("j999")]);
    nested.c = step([next("j999")]);
    expect(fold(flow(nested)).places.get("j999")?.region.entry).toBe("a999");
  });
});

/** What a person reads. */
function refusal(definition: FlowDefinition): string {
  try {
    fold(definition);
  } catch (error) {
    if (error instanceof FoldError) {
      const { code, at, message, fix, steps } = error;
      return `${code} [${steps.join(" ")}] ${at?.file}:${at?.line}\n${message}\n${fix}`;
    }
    throw error;
  }
  return "it folds";
}

describe("a graph that does not nest is refused", () => {
  const outside = "A branch or foreach is entered at its first step and left for its join only.";
  const cases: Readonly<Record<string, { flow: FlowDefinition; says: readonly string[] }>> = {
    "where start is missing": {
      flow: { ...flow({}), steps: { end: step([]) } },
      says: [
        "NO_START [] flow.ts:undefined",
        "The flow Sample has no step named start.",
        "Add the step start: every run begins there.",
      ],
    },
    "where nothing leads to end": {
      flow: flow({ start: step([next("start")]) }),
      says: [
        "NO_END [start] flow.ts:1",
        "No way leads from start to a step named end.",
        "Let the last step go to end.",
      ],
    },
    "where a step is unknown": {
      flow: flow({ start: step([next("train")]) }),
      says: [
        "UNKNOWN_STEP [start train] flow.ts:1",
        "start goes to train, which is no step of Sample.",
        "Name one of its steps: start, end.",
      ],
    },
    "where a name is one that every object has": {
      flow: flow({ start: step([next("constructor")]) }),
      says: [
        "UNKNOWN_STEP [start constructor] flow.ts:1",
        "start goes to constructor, which is no step of Sample.",
        "Name one of its steps: start, end.",
      ],
    },
    "where a step goes nowhere": {
      flow: flow({ start: step([next("a")]), a: step([]) }),
      says: [
        "NO_TRANSITION [a] flow.ts:2",
        "a goes nowhere.",
        "Every step but end returns this.next(…) or this.foreach(…).",
      ],
    },
    "where a transition names no step": {
      flow: flow({ start: step([next()]) }),
      says: [
        "NO_TRANSITION [start] flow.ts:1",
        "start goes nowhere.",
        "Every step but end returns this.next(…) or this.foreach(…).",
      ],
    },
    "where end goes on": {
      flow: flow({ start: step([next("end")]), end: step([next("start")]) }),
      says: [
        "END_GOES_ON [end] flow.ts:2",
        "end goes on to another step.",
        "Rename it, and let the last step of all be end.",
      ],
    },
    "where a split has a branch twice": {
      flow: flow({ start: step([next("a", "a")]), a: step([next("j")]), j: join([next("end")]) }),
      says: [
        "DUPLICATE_BRANCH [start a] flow.ts:1",
        "start splits into a twice.",
        "Give each branch a step of its own, or use a foreach.",
      ],
    },
    "where a branch is the join itself": {
      flow: flow({ start: step([next("a", "j")]), a: step([next("j")]), j: join([next("end")]) }),
      says: [
        "BRANCH_IS_JOIN [start j] flow.ts:1",
        "j declares inputs, as a join does, and start begins a branch or a foreach with it.",
        "Begin with a step that takes no inputs and goes on to j.",
      ],
    },
    "where the body of a foreach is its own join": {
      flow: flow({ start: step([foreach("fit")]), fit: join([next("end")]) }),
      says: [
        "BRANCH_IS_JOIN [start fit] flow.ts:1",
        "fit declares inputs, as a join does, and start begins a branch or a foreach with it.",
        "Begin with a step that takes no inputs and goes on to fit.",
      ],
    },
    "where start takes inputs": {
      flow: flow({ start: join([next("end")]) }),
      says: [
        "NO_BRANCHES [start start] flow.ts:1",
        "start declares inputs, but no branches can come before it.",
        "Let start take no inputs, or lead to it from the branches of a split or the body of a foreach only.",
      ],
    },
    "where a join comes after no split": {
      flow: flow({ start: step([next("j")]), j: join([next("end")]) }),
      says: [
        "NO_BRANCHES [start j] flow.ts:1",
        "start goes to j, which declares inputs, but start is in no branch or foreach that ends there.",
        "Let j take no inputs, or lead to it from the branches of a split or the body of a foreach only.",
      ],
    },
    "where a step behind the join goes back to it": {
      flow: flow({
        start: step([next("a", "b")]),
        a: step([next("j")]),
        b: step([next("j")]),
        j: join([next("after")]),
        after: step([next("j"), next("end")]),
      }),
      says: [
        "NO_BRANCHES [after j] flow.ts:5",
        "after goes to j, which declares inputs, but after is in no branch or foreach that ends there.",
        "Let j take no inputs, or lead to it from the branches of a split or the body of a foreach only.",
      ],
    },
    "where a branch goes to end without a join": {
      flow: flow({
        start: step([next("a", "b")]),
        a: step([next("j")]),
        b: step([next("end")]),
        j: join([next("end")]),
      }),
      says: [
        "NO_JOIN [b end start] flow.ts:3",
        "b goes to end from inside the split of start: there is no join between.",
        "Join first, in a step that declares its inputs: Inputs<…>.",
      ],
    },
    "where the step after a foreach takes no inputs": {
      flow: flow({ start: step([foreach("fit")]), fit: step([next("gather")]), gather: step([next("end")]) }),
      says: [
        "NO_JOIN [gather end start] flow.ts:3",
        "gather goes to end from inside the foreach of start: there is no join between.",
        "Join first, in a step that declares its inputs: ForeachInputs<…>.",
      ],
    },
    "where a branch turns in a circle": {
      flow: flow({ start: step([next("a", "b")]), a: step([next("j")]), b: step([next("b")]), j: join([next("end")]) }),
      says: [
        "NO_JOIN [start b] flow.ts:1",
        "From b, in the split of start, no way leads to a join.",
        "Let it come to a step that declares inputs, where the branches meet.",
      ],
    },
    "where branches meet in a step that takes no inputs": {
      flow: flow({ start: step([next("a", "b")]), a: step([next("j")]), b: step([next("j")]), j: step([next("end")]) }),
      says: [
        "NO_INPUTS [b j start a b] flow.ts:3",
        "b goes to j, where the branches a and b of start meet; but j declares no inputs.",
        'Declare them: j(inputs: Inputs<Sample, "a" | "b">).',
      ],
    },
    "where branches meet in different joins": {
      flow: flow({
        start: step([next("a", "b")]),
        a: step([next("j")]),
        b: step([next("k")]),
        j: join([next("end")]),
        k: join([next("end")]),
      }),
      says: [
        "JOINS_DIFFER [b k start j] flow.ts:3",
        "b goes to the join k, but other steps in the split of start go to the join j.",
        "Let all of them come to the same join.",
      ],
    },
    "where an inner split leaves through the outer one's join": {
      flow: flow({
        start: step([next("a", "b")]),
        a: step([next("c", "d")]),
        b: step([next("j")]),
        c: step([next("j")]),
        d: step([next("j")]),
        j: join([next("end")]),
      }),
      says: [
        "JOIN_SHARED [c j a start] flow.ts:4",
        "c, in the split of a, goes to j, which joins the split of start.",
        "Give the split of a its own join.",
      ],
    },
    "where two splits share a join": {
      flow: flow({
        start: step([next("a", "b"), next("c", "d")]),
        a: step([next("j")]),
        b: step([next("j")]),
        c: step([next("j")]),
        d: step([next("j")]),
        j: join([next("end")]),
      }),
      says: [
        "JOIN_SHARED [c j start start] flow.ts:4",
        "c, in the split of start, goes to j, which joins the split of start.",
        "Give the split of start its own join.",
      ],
    },
    "where a branch jumps out": {
      flow: flow({
        start: step([next("plan")]),
        plan: step([next("a", "b")]),
        a: step([next("j"), next("start")]),
        b: step([next("j")]),
        j: join([next("end")]),
      }),
      says: [
        "JUMP [a start] flow.ts:3",
        "a, in the branch a of plan, goes to start, outside of every branch and foreach.",
        `${outside} Go through the join, or use a step of its own on each side.`,
      ],
    },
    "where a step jumps into a foreach": {
      flow: flow({
        start: step([foreach("fit")]),
        fit: step([next("score")]),
        score: step([next("j")]),
        j: join([next("fit"), next("end")]),
      }),
      says: [
        "JUMP [j fit] flow.ts:4",
        "j, outside of every branch and foreach, goes to fit, in the foreach of start.",
        `${outside} Go through the join, or use a step of its own on each side.`,
      ],
    },
    "where two foreachs have the same body": {
      flow: flow({
        start: step([foreach("fit"), foreach("fit", { max: 10 })]),
        fit: step([next("j")]),
        j: join([next("end")]),
      }),
      says: [
        "JUMP [start fit] flow.ts:1",
        "start, outside of every branch and foreach, goes to fit, in the foreach of start.",
        `${outside} Go through the join, or use a step of its own on each side.`,
      ],
    },
  };

  for (const [where, { flow: definition, says }] of Object.entries(cases)) {
    it(where, () => expect(refusal(definition)).toBe(says.join("\n")));
  }

  it("with the line of the transition, where it is known", () => {
    const definition = flow({ start: step([{ kind: "next", steps: ["train"], line: 17 }]) });
    expect(() => fold(definition)).toThrow(expect.objectContaining({ at: { file: "flow.ts", line: 17 } }));
  });
});
