import type { FlowDefinition, Transition } from "../definition.ts";
import { nearest } from "./near.ts";
import { list, placeOf } from "./place.ts";
import type { Problem } from "./problem.ts";

/** Whether the steps make one graph from `start` to `end`, whatever its structure. */
export function checkGraph(definition: FlowDefinition): Problem[] {
  const missing = ["start", "end"]
    .filter((name) => !Object.hasOwn(definition.steps, name))
    .map((name) => noStep(definition, name));
  const wrong = Object.entries(definition.steps).flatMap(([name, { transitions }]) => [
    ...ownFaults(definition, name, transitions),
    ...transitions.flatMap((transition) => transitionFaults(definition, name, transition)),
  ]);
  if (missing.length > 0 || wrong.length > 0) return [...missing, ...wrong];
  return reachability(definition);
}

export function targetsOf(transition: Transition): readonly string[] {
  return transition.kind === "foreach" ? [transition.body] : transition.steps;
}

function noStep(definition: FlowDefinition, name: string): Problem {
  const role = name === "start" ? "where every run begins" : "where every run ends";
  const meant = nearest(name, Object.keys(definition.steps));
  return {
    code: name === "start" ? "NO_START" : "NO_END",
    message: `${definition.name} has no step ${name}, ${role}.`,
    fix: meant === undefined ? `Add the step ${name}.` : `Rename the step ${meant}, or add a step ${name}.`,
    ...placeOf(definition),
  };
}

function ownFaults(definition: FlowDefinition, name: string, transitions: readonly Transition[]): Problem[] {
  if (name === "end" && transitions.length > 0) {
    return [
      {
        code: "END_GOES_ON",
        message: `end goes on to ${list(transitions.flatMap(targetsOf))}.`,
        fix: "Rename it, and let the last step of all be end.",
        ...placeOf(definition, name, transitions[0]),
      },
    ];
  }
  if (name === "end" || transitions.some((transition) => targetsOf(transition).length > 0)) return [];
  return [
    {
      code: "NO_TRANSITION",
      message: `${name} goes nowhere.`,
      fix: "Every step but end returns this.next(…) or this.foreach(…).",
      ...placeOf(definition, name),
    },
  ];
}

function transitionFaults(definition: FlowDefinition, name: string, transition: Transition): Problem[] {
  const place = placeOf(definition, name, transition);
  const unknown = targetsOf(transition).filter((target) => !Object.hasOwn(definition.steps, target));
  const problems: Problem[] = unknown.map((target) => {
    const known = Object.keys(definition.steps).filter((step) => step !== name);
    const meant = nearest(target, known);
    const steps = known.length > 12 ? [...known.slice(0, 12), "…"].join(", ") : list(known);
    return {
      code: "UNKNOWN_STEP",
      message: `${name} goes to ${target}, which is no step of ${definition.name}.`,
      fix:
        meant !== undefined
          ? `Did you mean ${meant}?`
          : steps === ""
            ? `Add a step ${target}.`
            : `Name one of its steps: ${steps}.`,
      ...place,
    };
  });
  if (transition.kind === "foreach") {
    for (const [option, value, fits, range] of ranges(transition)) {
      if (value === undefined || fits(value)) continue;
      problems.push({
        code: "FOREACH_OPTIONS",
        message: `The foreach of ${name} has ${option} ${value}, which is not ${range}.`,
        fix: `Let ${option} be ${range}.`,
        ...place,
      });
    }
  }
  return problems;
}

type Range = [option: string, value: number | undefined, fits: (value: number) => boolean, range: string];

function ranges({ maxConcurrency, max, batch, tolerate }: Extract<Transition, { kind: "foreach" }>): Range[] {
  const whole = (most: number) => (value: number) => Number.isSafeInteger(value) && value >= 1 && value <= most;
  return [
    ["maxConcurrency", maxConcurrency, whole(10_000), "a whole number from 1 to 10,000"],
    ["max", max, whole(Number.MAX_SAFE_INTEGER), "a whole number from 1"],
    ["batch", batch, whole(Number.MAX_SAFE_INTEGER), "a whole number from 1"],
    ["tolerate", tolerate, (value) => value >= 0 && value <= 1, "a number from 0 to 1"],
  ];
}

function reachability(definition: FlowDefinition): Problem[] {
  const forward = new Map<string, string[]>();
  const backward = new Map<string, string[]>(Object.keys(definition.steps).map((name) => [name, []]));
  for (const [name, { transitions }] of Object.entries(definition.steps)) {
    const targets = transitions.flatMap(targetsOf);
    forward.set(name, targets);
    for (const target of targets) backward.get(target)?.push(name);
  }
  const [fromStart, toEnd] = [reach("start", forward), reach("end", backward)];
  return Object.keys(definition.steps).flatMap((name) => {
    if (!fromStart.has(name)) {
      return {
        code: "UNREACHABLE",
        message: `No way leads from start to ${name}.`,
        fix: `Go to it from another step, or remove it.`,
        ...placeOf(definition, name),
      };
    }
    if (toEnd.has(name)) return [];
    return {
      code: "NO_WAY_OUT",
      message: `No way leads from ${name} to end.`,
      fix: "Let one of its transitions, or of the steps behind it, lead to end.",
      ...placeOf(definition, name),
    };
  });
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set([from]);
  for (const step of reached) for (const target of edges.get(step) ?? []) reached.add(target);
  return reached;
}
