import type { FlowDefinition } from "../definition.ts";
import type { Fold } from "../fold.ts";
import { nearest } from "./near.ts";
import { list, placeOf } from "./place.ts";
import { type Problem, parameterWrite } from "./problem.ts";
import { findUnset, type Unset } from "./unset.ts";

/** Whether every artifact that a step reads is one, and is set on every way to the step. */
export function checkArtifacts(definition: FlowDefinition, fold: Fold): Problem[] {
  const unset = findUnset(definition, fold);
  const known = new Set([...definition.artifacts, ...Object.keys(definition.parameters)]);
  return Object.entries(definition.steps).flatMap(([name, step]) => {
    const place = placeOf(definition, name);
    const reads = step.reads === "all" ? [] : step.reads;
    const inputReads = step.inputReads === undefined || step.inputReads === "all" ? [] : step.inputReads;
    const deployed = Object.values(step.deploy?.models ?? {});
    const problems: Problem[] = [];
    for (const artifact of new Set([...reads, ...step.writes, ...inputReads, ...deployed])) {
      if (!known.has(artifact)) problems.push({ ...unknown(definition, name, artifact), ...place });
    }
    for (const artifact of step.writes) {
      if (Object.hasOwn(definition.parameters, artifact))
        problems.push({ ...parameterWrite(name, artifact), ...place });
    }
    // What a step deploys is as its body leaves it.
    const needed = step.reads === "all" ? [] : deployed.filter((artifact) => !step.writes.includes(artifact));
    for (const artifact of new Set([...reads, ...needed])) {
      const why = unset.before(name).get(artifact);
      if (why !== undefined) problems.push({ ...unsetRead(definition, name, artifact, why), ...place });
    }
    for (const artifact of inputReads) {
      if (unset.inEveryInput(name, artifact)) problems.push({ ...unsetInput(definition, name, artifact), ...place });
    }
    return problems;
  });
}

function unknown(definition: FlowDefinition, step: string, artifact: string): Problem {
  const meant = nearest(artifact, [...definition.artifacts, ...Object.keys(definition.parameters)]);
  return {
    code: "UNKNOWN_ARTIFACT",
    message: `${step} uses this.${artifact}, which ${definition.name} does not declare.`,
    fix: meant === undefined ? `Declare it as a field: ${artifact} = artifact<…>().` : `Did you mean ${meant}?`,
  };
}

function unsetRead(definition: FlowDefinition, step: string, artifact: string, why: Unset): Problem {
  if (why.kind === "never") {
    return {
      code: "UNSET_ARTIFACT",
      message: `${step} reads ${artifact}, which is not set on the way ${wayTo(definition, step, artifact).join(", ")}.`,
      fix: `Set it in a step before, ${orAtFirst(definition, artifact)}.`,
    };
  }
  const changed =
    why.kind === "foreach"
      ? `the iterations of ${why.splitter}'s foreach set it`
      : `the branches ${list(why.branches)} of ${why.splitter} set it`;
  return {
    code: "UNSET_ARTIFACT",
    message: `${step} reads ${artifact}, which has no value after ${why.join}: ${changed}, each for itself.`,
    fix: `Set it in ${why.join}, from its inputs.`,
  };
}

/** The first values of fields are TypeScript's, and given in the task of `start`. */
function orAtFirst({ steps }: FlowDefinition, artifact: string): string {
  return steps.start?.body.kind === "python"
    ? `on every way through it, as in the first line of start: flow.${artifact} = …`
    : `or give it a first value: ${artifact} = …`;
}

function unsetInput(definition: FlowDefinition, join: string, artifact: string): Problem {
  return {
    code: "UNSET_ARTIFACT",
    message: `${join} reads ${artifact} of its inputs, but none of them sets it on every way.`,
    fix: `Set it in the steps that lead to ${join}, ${orAtFirst(definition, artifact)}.`,
  };
}

/** The shortest way from `start` to a step on which no step sets the artifact. */
function wayTo(definition: FlowDefinition, step: string, artifact: string): string[] {
  const before = new Map<string, string | undefined>([["start", undefined]]);
  for (const name of before.keys()) {
    const { transitions = [], writes = [] } = definition.steps[name] ?? {};
    if (writes.includes(artifact)) continue;
    for (const transition of transitions) {
      for (const target of transition.kind === "foreach" ? [transition.body] : transition.steps) {
        if (!before.has(target)) before.set(target, name);
      }
    }
  }
  const way: string[] = [];
  for (let at: string | undefined = step; at !== undefined; at = before.get(at)) way.unshift(at);
  return way;
}
