import { describe, expect, it } from "vitest";
import type { Machine, State } from "../../constructs/states/asl.ts";
import { StateMachineError, stateMachine } from "../../constructs/states/index.ts";
import type { Deploy, FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { FoldError } from "../../lib/flow/fold.ts";
import { flow, foreach, join, next, shapes, step } from "../flow/flows.ts";

const batch: Partial<StepDefinition> = { compute: { kind: "batch", vcpu: 4, memory: 8192 } };

const deploy: Deploy = {
  endpoint: "iris",
  service: "service.ts#IrisClassifier",
  models: { model: "softmax" },
  hosting: { kind: "instances", type: "ml.m5.large", count: 1 },
  timeout: 3600,
};

const documents: Readonly<Record<string, FlowDefinition>> = {
  ...shapes,
  "retries, a time-out and a comment": {
    ...flow({
      start: step([next("train")], { timeout: 90, retry: { times: 3, interval: 0.5, backoff: 2 } }),
      train: step([next("end")], { ...batch, timeout: 20, retry: { times: 1, interval: 60, backoff: 1 } }),
    }),
    doc: `Trains what \${it} is given.`,
  },
  "Batch with a choice": flow({
    start: step([next("train")]),
    train: step([next("train"), next("end")], batch),
  }),
  "Batch with a foreach in a foreach": flow({
    start: step([foreach("outer")]),
    outer: step([foreach("inner")], batch),
    inner: step([next("inner"), next("gather")], batch),
    gather: join([next("join")]),
    join: join([next("end")]),
  }),
  "a container command": flow({
    start: step([next("end")], { body: { kind: "command", command: ["train"], image: "example/train" } }),
  }),
  "a step that deploys": flow({
    start: step([next("release")]),
    release: step([next("end")], { deploy, retry: { times: 1, interval: 60, backoff: 1 } }),
  }),
  "steps that deploy in a split, with a choice and at the end": flow({
    start: step([next("a", "b")]),
    a: step([next("a"), next("join")], { deploy }),
    b: step([foreach("fit")], { deploy: { ...deploy, endpoint: "rose" } }),
    fit: step([next("gather")]),
    gather: join([next("join")]),
    join: join([next("end")]),
    end: step([], { deploy }),
  }),
  "foreach inline": flow({
    start: step([foreach("fit", { max: 1000, tolerate: 0.25, maxConcurrency: 5 })]),
    fit: step([next("join")]),
    join: join([next("end")]),
  }),
  "foreach in batches": flow({
    start: step([foreach("fit", { batch: 50, tolerate: 0.07, maxConcurrency: 10 })]),
    fit: step([next("join")]),
    join: join([next("end")]),
  }),
  "foreach that tolerates failures": flow({
    start: step([foreach("fit", { tolerate: 0.29 })]),
    fit: step([next("join")]),
    join: join([next("end")]),
  }),
};

function minified(definition: FlowDefinition): number {
  return JSON.stringify(stateMachine(definition).document).length;
}

function row(steps: number): FlowDefinition {
  const names = Array.from({ length: steps - 2 }, (_, index) => `s${index}`);
  const all = ["start", ...names].map((name, index) => [name, step([next(names[index] ?? "end")])]);
  return flow(Object.fromEntries(all));
}

/** The names of all states, those of branches and iterations included. */
function stateNames(machine: Machine): string[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [name, ...machinesIn(state).flatMap(stateNames)]);
}

function machinesIn(state: State): readonly Machine[] {
  if (state.Type === "Parallel") return state.Branches;
  return state.Type === "Map" ? [state.ItemProcessor] : [];
}

describe("the state machine", () => {
  for (const [shape, definition] of Object.entries(documents)) {
    it(`of ${shape}`, async () => {
      const { document, substitutions } = stateMachine(definition);
      const file = `states/${shape.replaceAll("'", "").replaceAll(/[^a-z]+/gi, "-")}.asl`;
      await expect(`${JSON.stringify({ document, substitutions }, null, 2)}\n`).toMatchFileSnapshot(file);
    });
  }

  it("of BranchFlow has at most 5 KB, and at most 900 bytes for a further Lambda step", () => {
    expect(minified(shapes.split)).toBeLessThanOrEqual(5 * 1024);
    expect(minified(row(6)) - minified(row(5))).toBeLessThanOrEqual(900);
    expect((minified(row(1_000)) - minified(row(5))) / 995).toBeLessThanOrEqual(900);
  });

  it("enters one state for each step of a linear flow, and the one that begins the run", () => {
    expect(stateNames(stateMachine(row(9)).document)).toEqual([
      "begin run",
      "start",
      ...Array.from({ length: 7 }, (_, index) => `s${index}`),
      "end",
    ]);
  });

  it("enters five states around the iterations of a foreach, and one in each", () => {
    const { document } = stateMachine(shapes.foreach);
    expect(Object.keys(document.States)).toEqual(["begin run", "start", "fit: each", "join", "end"]);
    expect(machinesIn(document.States["fit: each"] as State).map(stateNames)).toEqual([["fit"]]);
  });

  it("has each state's name once, however long the steps' names are", () => {
    const long = "x".repeat(79);
    const { document } = stateMachine(
      flow({
        start: step([next(`${long}a`), next(`${long}b`)]),
        [`${long}a`]: step([next("end"), next("start")]),
        [`${long}b`]: step([next("end"), next("start")]),
      }),
    );
    const names = stateNames(document);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.length > 80)).toEqual([]);
    expect(names).toContain(`${"x".repeat(74)}: next`);
    expect(names).toContain(`${"x".repeat(72)}: next 2`);
  });

  it("tells the substitutions of steps apart whose names differ in signs only", () => {
    const { substitutions } = stateMachine(
      flow({
        start: step([next("a_b")]),
        a_b: step([next("ab")]),
        ab: step([next("Begin")]),
        Begin: step([next("end")]),
      }),
    );
    expect(substitutions).toEqual([
      { name: "BeginFunction", kind: "begin" },
      { name: "startFunction", kind: "function", step: "start" },
      { name: "abFunction", kind: "function", step: "a_b" },
      { name: "abFunction2", kind: "function", step: "ab" },
      { name: "BeginFunction2", kind: "function", step: "Begin" },
      { name: "endFunction", kind: "function", step: "end" },
    ]);
  });
});

describe("no state machine is written", () => {
  it.each([
    "it's",
    'a"b',
    "a\\b",
    "a %}",
    `\${Table}`,
    "a: next",
    "begin run",
    "a\nb",
    "1st",
    "",
    "__proto__",
    "x".repeat(81),
  ])("for a step named %j", (name) => {
    // Not written as a literal: `__proto__` would set the prototype.
    const steps = { start: step([next(name)]), end: step([]) };
    Object.defineProperty(steps, name, { value: step([next("end")], { line: 7 }), enumerable: true });
    const error = thrownBy(() => stateMachine({ ...flow({}), steps }));
    expect(error).toBeInstanceOf(StateMachineError);
    expect(error).toMatchObject({
      code: "STEP_NAME",
      message: `The step name ${JSON.stringify(name)} cannot stand in a state machine.`,
      fix: 'Use letters, digits, "_" and "-", beginning with a letter, 80 characters at most.',
      at: { file: "flow.ts", line: 7 },
    });
  });

  it.each(["it's", `\${Table}`, "a %}", "my flow", ""])("for a flow named %j", (name) => {
    expect(thrownBy(() => stateMachine({ ...shapes.linear, name }))).toMatchObject({
      code: "FLOW_NAME",
      message: `The flow's name ${JSON.stringify(name)} cannot stand in a state machine.`,
      fix: 'Use letters, digits, "_" and "-", beginning with a letter, 80 characters at most.',
      at: { file: "flow.ts" },
    });
  });

  it("for a flow without structure", () => {
    expect(thrownBy(() => stateMachine(flow({ start: step([]) })))).toBeInstanceOf(FoldError);
  });

  it("that is larger than Step Functions takes", () => {
    expect(thrownBy(() => stateMachine(row(2_000)))).toMatchObject({
      code: "MACHINE_SIZE",
      message: expect.stringMatching(/^The state machine of Sample has \d+ bytes\.$/),
      fix: "Step Functions takes 1048576. Make two flows of it, the one triggering the other.",
    });
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
