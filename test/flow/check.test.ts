import { describe, expect, test } from "vitest";
import { assertFlow, checkFlow } from "../../lib/flow/check/check.ts";
import type { FlowDefinition, StepDefinition, Transition } from "../../lib/flow/definition.ts";
import { faults } from "./flow-folder.ts";

type Edges = Readonly<Record<string, readonly (string | readonly string[] | Transition)[]>>;

/** A flow by its edges: a name is a step to go to, names are a split. */
function flow(
  edges: Edges,
  changes: Partial<Record<string, Partial<StepDefinition>>> = {},
  more: Partial<FlowDefinition> = {},
): FlowDefinition {
  const steps = Object.entries(edges).map(([name, targets], i): [string, StepDefinition] => {
    const transitions = targets.map((target): Transition => {
      if (typeof target === "string") return { kind: "next", steps: [target], line: i * 10 + 2 };
      return "kind" in target ? target : { kind: "next", steps: target, line: i * 10 + 2 };
    });
    return [name, { body: { kind: "method" }, reads: [], writes: [], line: i * 10 + 1, transitions, ...changes[name] }];
  });
  return {
    version: 1,
    name: "F",
    file: "flow.ts",
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: Object.fromEntries(steps),
    ...more,
  };
}

function check(definition: FlowDefinition): string[] {
  return checkFlow(definition).map(
    ({ at, code, message, fix }) => `${at?.file}:${at?.line} ${code}: ${message} ${fix}`,
  );
}

const each = (options: object = {}): Transition => ({ kind: "foreach", body: "each", line: 2, ...options });

describe("the graph", () => {
  test.each<[string, FlowDefinition, string[]]>([
    ["that is sound", flow({ start: ["end"], end: [] }), []],
    [
      "without start",
      flow({ strat: ["end"], end: [] }),
      [
        "flow.ts:undefined NO_START: F has no step start, where every run begins. Rename the step strat, or add a step start.",
      ],
    ],
    [
      "without end",
      flow({ start: ["start"] }),
      ["flow.ts:undefined NO_END: F has no step end, where every run ends. Add the step end."],
    ],
    [
      "with an unknown target",
      flow({ start: ["trian"], train: ["end"], end: [] }),
      ["flow.ts:2 UNKNOWN_STEP: start goes to trian, which is no step of F. Did you mean train?"],
    ],
    [
      "with an unknown target that is like no step",
      flow({ start: ["xyz"], train: ["end"], end: [] }),
      ["flow.ts:2 UNKNOWN_STEP: start goes to xyz, which is no step of F. Name one of its steps: train and end."],
    ],
    [
      "with a target that every object has",
      flow({ start: ["constructor"], end: [] }),
      ["flow.ts:2 UNKNOWN_STEP: start goes to constructor, which is no step of F. Name one of its steps: end."],
    ],
    [
      "with a step that goes nowhere",
      flow({ start: ["a"], a: [], end: [] }),
      ["flow.ts:11 NO_TRANSITION: a goes nowhere. Every step but end returns this.next(…) or this.foreach(…)."],
    ],
    [
      "whose end goes on",
      flow({ start: ["end"], end: ["start"] }),
      ["flow.ts:12 END_GOES_ON: end goes on to start. Rename it, and let the last step of all be end."],
    ],
    [
      "with a step that nothing leads to",
      flow({ start: ["end"], lost: ["end"], end: [] }),
      ["flow.ts:11 UNREACHABLE: No way leads from start to lost. Go to it from another step, or remove it."],
    ],
    [
      "with steps that go round for ever",
      flow({ start: ["a", "end"], a: ["b"], b: ["a"], end: [] }),
      [
        "flow.ts:11 NO_WAY_OUT: No way leads from a to end. Let one of its transitions, or of the steps behind it, lead to end.",
        "flow.ts:21 NO_WAY_OUT: No way leads from b to end. Let one of its transitions, or of the steps behind it, lead to end.",
      ],
    ],
    [
      "that does not fold",
      flow({ start: [["a", "b"]], a: ["c"], b: ["c"], c: ["end"], end: [] }),
      [
        'flow.ts:22 NO_INPUTS: b goes to c, where the branches a and b of start meet; but c declares no inputs. Declare them: c(inputs: Inputs<F, "a" | "b">).',
      ],
    ],
    [
      "with foreach options out of range",
      flow(
        {
          start: [each({ maxConcurrency: 0, max: 1.5, batch: -1, tolerate: 2 })],
          each: ["join"],
          join: ["end"],
          end: [],
        },
        { join: { inputs: true } },
      ),
      [
        "flow.ts:2 FOREACH_OPTIONS: The foreach of start has maxConcurrency 0, which is not a whole number from 1 to 10,000. Let maxConcurrency be a whole number from 1 to 10,000.",
        "flow.ts:2 FOREACH_OPTIONS: The foreach of start has max 1.5, which is not a whole number from 1. Let max be a whole number from 1.",
        "flow.ts:2 FOREACH_OPTIONS: The foreach of start has batch -1, which is not a whole number from 1. Let batch be a whole number from 1.",
        "flow.ts:2 FOREACH_OPTIONS: The foreach of start has tolerate 2, which is not a number from 0 to 1. Let tolerate be a number from 0 to 1.",
      ],
    ],
  ])("%s", (_, definition, expected) => {
    expect(check(definition)).toEqual(expected);
  });
});

describe("joins", () => {
  const split: Edges = { start: [["a", "b"]], a: ["join"], b: ["join"], join: ["end"], end: [] };

  test.each<[string, FlowDefinition, string[]]>([
    ["its branches, in any order", flow(split, { join: { inputs: ["b", "a"] } }), []],
    ["no names", flow(split, { join: { inputs: true } }), []],
    [
      "other branches",
      flow(split, { join: { inputs: ["a", "c"] } }),
      [
        'flow.ts:31 JOIN_INPUTS: join declares the branches a and c, but those of start that come are a and b. Declare join(inputs: Inputs<F, "a" | "b">).',
      ],
    ],
    [
      "too few",
      flow(split, { join: { inputs: ["a"] } }),
      [
        'flow.ts:31 JOIN_INPUTS: join declares the branches a, but those of start that come are a and b. Declare join(inputs: Inputs<F, "a" | "b">).',
      ],
    ],
    [
      "branches after a foreach",
      flow({ start: [each()], each: ["join"], join: ["end"], end: [] }, { join: { inputs: ["each"] } }),
      [
        "flow.ts:21 JOIN_INPUTS: join declares the branches each, but joins the foreach of start. Declare join(inputs: ForeachInputs<F>).",
      ],
    ],
  ])("that declare %s", (_, definition, expected) => {
    expect(check(definition)).toEqual(expected);
  });
});

describe("artifacts", () => {
  const x = { artifacts: ["x"], initialized: [] };
  const set = { writes: ["x"] };
  const read = { reads: ["x"] };
  const split: Edges = { start: [["a", "b"]], a: ["join"], b: ["join"], join: ["end"], end: [] };
  const over: Edges = { start: [each()], each: ["join"], join: ["end"], end: [] };

  test.each<[string, FlowDefinition, string[]]>([
    [
      "with a first value",
      flow({ start: ["end"], end: [] }, { end: read }, { artifacts: ["x"], initialized: ["x"] }),
      [],
    ],
    ["set by a step before", flow({ start: ["end"], end: [] }, { start: set, end: read }, x), []],
    [
      "set by none",
      flow({ start: ["a"], a: ["end"], end: [] }, { end: read }, x),
      [
        "flow.ts:21 UNSET_ARTIFACT: end reads x, which is not set on the way start, a, end. Set it in a step before, or give it a first value: x = ….",
      ],
    ],
    [
      "set on one way of two",
      flow({ start: ["a", "b"], a: ["end"], b: ["end"], end: [] }, { a: set, end: read }, x),
      [
        "flow.ts:31 UNSET_ARTIFACT: end reads x, which is not set on the way start, b, end. Set it in a step before, or give it a first value: x = ….",
      ],
    ],
    [
      "set in a loop before it is read",
      flow({ start: ["a"], a: ["b"], b: ["a", "end"], end: [] }, { a: set, b: read, end: read }, x),
      [],
    ],
    [
      "read in a loop before it is set",
      flow({ start: ["a"], a: ["b"], b: ["a", "end"], end: [] }, { a: read, b: set }, x),
      [
        "flow.ts:11 UNSET_ARTIFACT: a reads x, which is not set on the way start, a. Set it in a step before, or give it a first value: x = ….",
      ],
    ],
    [
      "set before what may set anything",
      flow({ start: ["a"], a: ["end"], end: [] }, { a: { reads: "all" }, end: read }, x),
      [],
    ],
    ["changed in one branch, read behind the join", flow(split, { a: set, join: { inputs: true }, end: read }, x), []],
    [
      "changed in both branches",
      flow(split, { a: set, b: set, join: { inputs: true }, end: read }, x),
      [
        "flow.ts:41 UNSET_ARTIFACT: end reads x, which has no value after join: the branches a and b of start set it, each for itself. Set it in join, from its inputs.",
      ],
    ],
    [
      "changed in both branches and set by the join",
      flow(split, { a: set, b: set, join: { inputs: true, ...set }, end: read }, x),
      [],
    ],
    [
      "changed in both branches, though it had a first value",
      flow(split, { a: set, b: set, join: { inputs: true, ...read } }, { ...x, initialized: ["x"] }),
      [
        "flow.ts:31 UNSET_ARTIFACT: join reads x, which has no value after join: the branches a and b of start set it, each for itself. Set it in join, from its inputs.",
      ],
    ],
    [
      "changed in a foreach",
      flow(over, { each: set, join: { inputs: true }, end: read }, { ...x, initialized: ["x"] }),
      [
        "flow.ts:31 UNSET_ARTIFACT: end reads x, which has no value after join: the iterations of start's foreach set it, each for itself. Set it in join, from its inputs.",
      ],
    ],
    [
      "carried through a foreach",
      flow(over, { start: set, each: read, join: { inputs: true, inputReads: ["x"] }, end: read }, x),
      [],
    ],
    [
      "read of inputs that do not have it",
      flow(over, { join: { inputs: true, inputReads: ["x"] } }, x),
      [
        "flow.ts:21 UNSET_ARTIFACT: join reads x of its inputs, but none of them sets it on every way. Set it in the steps that lead to join, or give it a first value: x = ….",
      ],
    ],
    [
      "changed in a split inside of a branch",
      flow(
        {
          start: [["a", "b"]],
          a: [["c", "d"]],
          c: ["inner"],
          d: ["inner"],
          inner: ["join"],
          b: ["join"],
          join: ["end"],
          end: [],
        },
        { c: set, inner: { inputs: true }, b: set, join: { inputs: true }, end: read },
        x,
      ),
      [
        "flow.ts:71 UNSET_ARTIFACT: end reads x, which has no value after join: the branches a and b of start set it, each for itself. Set it in join, from its inputs.",
      ],
    ],
    [
      "that is none",
      flow(
        { start: ["end"], end: [] },
        { end: { reads: ["totl"], writes: ["nope"] } },
        { artifacts: ["total"], initialized: ["total"] },
      ),
      [
        "flow.ts:11 UNKNOWN_ARTIFACT: end uses this.totl, which F does not declare. Did you mean total?",
        "flow.ts:11 UNKNOWN_ARTIFACT: end uses this.nope, which F does not declare. Declare it as a field: nope = artifact<…>().",
      ],
    ],
    [
      "that is a parameter",
      flow(
        { start: ["end"], end: [] },
        { start: { writes: ["alpha"] } },
        { parameters: { alpha: { type: "number" } } },
      ),
      [
        "flow.ts:1 PARAMETER_WRITE: start sets alpha, which is a parameter. Set an artifact instead: a parameter has one value in the whole run.",
      ],
    ],
  ])("%s", (_, definition, expected) => {
    expect(check(definition)).toEqual(expected);
  });
});

describe("what AWS has", () => {
  const start = (step: Partial<StepDefinition>) => check(flow({ start: ["end"], end: [] }, { start: step }));

  test.each<[string, Partial<StepDefinition>, string[]]>([
    ["15 minutes on Lambda", { timeout: 900 }, []],
    [
      "more than 15 minutes on Lambda",
      { timeout: 901 },
      [
        'flow.ts:1 LAMBDA_TIMEOUT: start may take 901 s; a Lambda function has 900 s (15 min) at most. Shorten it, or run the step on Batch: compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }.',
      ],
    ],
    ["hours on Batch", { timeout: 7200, compute: { kind: "batch", vcpu: 1, memory: 2048 } }, []],
    [
      "too little memory on Lambda",
      { compute: { kind: "lambda", memory: 64 } },
      [
        'flow.ts:1 LAMBDA_MEMORY: start asks for 64 MiB; a Lambda function has 128 to 10,240, in whole MiB. Change it, or run the step on Batch: compute: { kind: "batch", vcpu: 4, memory: "16 GiB" }.',
      ],
    ],
    [
      "a size that Fargate does not offer",
      { compute: { kind: "batch", vcpu: 4, memory: 4096 } },
      [
        "flow.ts:1 BATCH_SIZE: start asks for 4096 MiB with 4 vCPU, which Fargate does not offer. Ask for 8192 to 30720 MiB in steps of 1024 MiB, or for another number of vCPUs.",
      ],
    ],
    [
      "vCPUs that Fargate does not offer",
      { compute: { kind: "batch", vcpu: 3, memory: 8192 } },
      ["flow.ts:1 BATCH_SIZE: start asks for 3 vCPU, which Fargate does not offer. Ask for 0.25, 0.5, 1, 2, 4, 8, 16."],
    ],
    ["a GPU, on instances of any size", { compute: { kind: "batch", vcpu: 3, memory: 5000, gpu: 1 } }, []],
    [
      "a command on Lambda",
      { body: { kind: "command", command: ["true"] }, compute: { kind: "lambda", memory: 512 } },
      [
        'flow.ts:1 COMMAND_ON_LAMBDA: start runs a command, which Lambda does not. Run it on Batch: compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }.',
      ],
    ],
  ])("%s", (_, step, expected) => {
    expect(start(step)).toEqual(expected);
  });
});

describe("names", () => {
  const named = (name: string) =>
    check({
      ...flow({ start: ["end"], end: [] }),
      steps: Object.fromEntries([
        ["start", { ...plain, transitions: [{ kind: "next", steps: [name] }] }],
        [name, { ...plain, transitions: [{ kind: "next", steps: ["end"] }] }],
        ["end", plain],
      ]),
    });
  const plain: StepDefinition = { body: { kind: "method" }, reads: [], writes: [], transitions: [] };

  test.each([
    ["__proto__", '"__proto__": every object has a member of that name.'],
    ["constructor", '"constructor": every object has a member of that name.'],
    ["next", '"next": every flow has a member of that name.'],
    ["a b", '"a b": a name has letters, digits, _ and -, and begins with a letter or _.'],
    ["../up", '"../up": a name has letters, digits, _ and -, and begins with a letter or _.'],
    ["x".repeat(81), `"${"x".repeat(20)}…": it has 81 characters, and 80 are the most that Step Functions takes.`],
  ])("%s is refused", (name, fault) => {
    expect(check({ ...flow({}), steps: {} }).length).toBe(2);
    expect(named(name)).toEqual([`flow.ts:undefined NAME: A step cannot be named ${fault} Rename it.`]);
  });

  test("of 80 characters are taken, and so are those of every shape that a class can give", () => {
    for (const name of ["x".repeat(80), "trainModel_2", "train-model"]) expect(named(name)).toEqual([]);
  });

  test("of flows, parameters and artifacts too", () => {
    expect(
      check(
        flow(
          { start: ["end"], end: [] },
          {},
          {
            name: "a/b",
            parameters: { "x y": { type: "number", line: 7 } },
            artifacts: ["valueOf"],
            initialized: ["valueOf"],
          },
        ),
      ),
    ).toEqual([
      'flow.ts:undefined NAME: A flow cannot be named "a/b": a name has letters, digits, _ and -, and begins with a letter or _. Rename it.',
      'flow.ts:7 NAME: A parameter cannot be named "x y": a name has letters, digits, _ and -, and begins with a letter or _. Rename it.',
      'flow.ts:undefined NAME: An artifact cannot be named "valueOf": every object has a member of that name. Rename it.',
    ]);
  });
});

describe("the error", () => {
  test("of one fault is that fault", () => {
    expect(() => assertFlow(flow({ start: [], end: [] }))).toThrow(
      expect.objectContaining({
        code: "FLOW_CHECK",
        message: "start goes nowhere.",
        fix: "Every step but end returns this.next(…) or this.foreach(…).",
        at: { file: "flow.ts", line: 1 },
      }),
    );
  });

  test("of several lists them, each with its place and its fix", () => {
    expect(() => assertFlow(flow({ start: ["nope"], a: [], end: [] }))).toThrow(
      expect.objectContaining({
        message: `F has 2 faults:
  flow.ts:2: start goes to nope, which is no step of F.
    Name one of its steps: a and end.
  flow.ts:11: a goes nowhere.
    Every step but end returns this.next(…) or this.foreach(…).`,
      }),
    );
  });
});

test("a class is checked with its own lines", async () => {
  expect(
    await faults(`  total = artifact<number>();
  @step start() {
    return this.next(this.a, this.b);
  }
  @step a() { this.total = 1; return this.next(this.join); }
  @step b() { this.total = 2; return this.next(this.join); }
  @step join(inputs: Inputs<F, "a" | "c">) { return this.next(this.end); }
  @step end() { console.log(this.total); }`),
  ).toEqual([
    'flow.ts:9 JOIN_INPUTS: join declares the branches a and c, but those of start that come are a and b. Declare join(inputs: Inputs<F, "a" | "b">).',
    "flow.ts:10 UNSET_ARTIFACT: end reads total, which has no value after join: the branches a and b of start set it, each for itself. Set it in join, from its inputs.",
  ]);
});
