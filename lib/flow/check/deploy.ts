import type { FlowDefinition, StepDefinition } from "../definition.ts";
import type { Fold } from "../fold.ts";
import { placeOf } from "./place.ts";
import type { Problem } from "./problem.ts";

/** Whether the steps that deploy can do so where they stand. */
export function checkDeploy(definition: FlowDefinition, fold: Fold): Problem[] {
  return Object.entries(definition.steps).flatMap(([name, step]) => {
    if (step.deploy === undefined) return [];
    const depth = fold.places.get(name)?.depth ?? 0;
    return [...faultsOf(name, step, depth)].map((fault) => ({
      code: "DEPLOY_STEP",
      ...fault,
      ...placeOf(definition, name),
    }));
  });
}

function* faultsOf(
  name: string,
  { body, compute }: StepDefinition,
  depth: number,
): Iterable<{ readonly message: string; readonly fix: string }> {
  if (body.kind === "python" || body.kind === "command") {
    const what = body.kind === "python" ? "a function in Python" : "a command";
    yield {
      message: `${name} deploys, and its body is ${what}.`,
      fix: "Let a step in TypeScript deploy, after it.",
    };
  }
  if (compute?.kind === "batch") {
    yield { message: `${name} deploys, and runs on Batch.`, fix: "Let a step on Lambda deploy, after it." };
  }
  if (depth > 0) {
    yield {
      message: `${name} deploys inside a foreach, where each iteration would replace what the one before it has deployed.`,
      fix: "Choose in the join, and deploy after it.",
    };
  }
}
