import type { FlowDefinition, Foreach, Next, StepDefinition } from "../../lib/flow/definition.ts";

/** A step that goes to one step, or splits into several. */
export function next(...steps: string[]): Next {
  return { kind: "next", steps };
}

export function foreach(body: string, options: Partial<Foreach> = {}): Foreach {
  return { kind: "foreach", body, ...options };
}

export function step(
  transitions: StepDefinition["transitions"],
  options: Partial<StepDefinition> = {},
): StepDefinition {
  return { body: { kind: "method" }, transitions, reads: "all", writes: [], ...options };
}

/** A step that takes inputs. */
export function join(
  transitions: StepDefinition["transitions"],
  options: Partial<StepDefinition> = {},
): StepDefinition {
  return step(transitions, { inputs: true, ...options });
}

/** A flow of these steps and `end`, each declared on a line of its own, from 1 on. */
export function flow(steps: Readonly<Record<string, StepDefinition>>): FlowDefinition {
  const all = Object.entries({ ...steps, ...(Object.hasOwn(steps, "end") ? {} : { end: step([]) }) });
  return {
    version: 1,
    name: "Sample",
    file: "flow.ts",
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: Object.fromEntries(all.map(([name, definition], index) => [name, { ...definition, line: index + 1 }])),
  };
}

/** Every shape that a flow can have. */
export const shapes = {
  linear: flow({ start: step([next("work")]), work: step([next("end")]) }),
  split: flow({
    start: step([next("a", "b")]),
    a: step([next("join")]),
    b: step([next("join")]),
    join: join([next("end")]),
  }),
  "nested split": flow({
    start: step([next("a", "b")]),
    a: step([next("c", "d")]),
    b: step([next("join")]),
    c: step([next("inner")]),
    d: step([next("inner")]),
    inner: join([next("join")]),
    join: join([next("end")]),
  }),
  foreach: flow({ start: step([foreach("fit")]), fit: step([next("join")]), join: join([next("end")]) }),
  "nested foreach": flow({
    start: step([foreach("outer")]),
    outer: step([foreach("inner")]),
    inner: step([next("gather")]),
    gather: join([next("join")]),
    join: join([next("end")]),
  }),
  "foreach inside a split": flow({
    start: step([next("a", "b")]),
    a: step([foreach("fit")]),
    fit: step([next("gather")]),
    gather: join([next("join")]),
    b: step([next("join")]),
    join: join([next("end")]),
  }),
  choice: flow({
    start: step([next("left"), next("right")]),
    left: step([next("end")]),
    right: step([next("end")]),
  }),
  "choice whose arms meet in a foreach's join": flow({
    start: step([foreach("fit")]),
    fit: step([next("good"), next("bad")]),
    good: step([next("join")]),
    bad: step([next("join")]),
    join: join([next("end")]),
  }),
  "split in a choice": flow({
    start: step([next("a", "b"), next("end")]),
    a: step([next("join")]),
    b: step([next("join")]),
    join: join([next("end")]),
  }),
  loop: flow({ start: step([next("train")]), train: step([next("train"), next("end")]) }),
  "loop in a foreach": flow({
    start: step([foreach("fit")]),
    fit: step([next("score")]),
    score: step([next("fit"), next("join")]),
    join: join([next("end")]),
  }),
  "foreach in a loop": flow({
    start: step([next("plan")]),
    plan: step([foreach("fit")]),
    fit: step([next("join")]),
    join: join([next("plan"), next("end")]),
  }),
  "nested splits in loops": flow({
    start: step([next("a", "b")]),
    a: step([next("c", "d")]),
    b: step([next("join")]),
    c: step([next("inner")]),
    d: step([next("d"), next("inner")]),
    inner: join([next("a"), next("join")]),
    join: join([next("start"), next("end")]),
  }),
} as const;
