import type { FlowDefinition } from "../definition.ts";
import { type Fold, FoldError, fold } from "../fold.ts";
import { checkArtifacts } from "./artifacts.ts";
import { checkCompute } from "./compute.ts";
import { checkDeploy } from "./deploy.ts";
import { checkGraph } from "./graph.ts";
import { checkJoins } from "./joins.ts";
import { checkNames } from "./names.ts";
import { FlowCheckError, type Problem } from "./problem.ts";

/**
 * All that is wrong with a flow and can be known before it runs, in the order of its steps; empty where it can run. Takes time linear in the
 * flow's size.
 */
export function checkFlow(definition: FlowDefinition): Problem[] {
  const alone = [...checkNames(definition), ...checkCompute(definition)];
  const graph = checkGraph(definition);
  if (graph.length > 0) return [...alone, ...graph];
  const folded = foldOrProblem(definition);
  if ("code" in folded) return [...alone, folded];
  const checks = [checkJoins, checkArtifacts, checkDeploy];
  return [...alone, ...checks.flatMap((check) => check(definition, folded))];
}

/** @throws FlowCheckError with all that {@link checkFlow} finds. */
export function assertFlow(definition: FlowDefinition): void {
  const problems = checkFlow(definition);
  if (problems.length > 0) throw new FlowCheckError(definition.name, problems);
}

function foldOrProblem(definition: FlowDefinition): Fold | Problem {
  try {
    return fold(definition);
  } catch (error) {
    if (!(error instanceof FoldError)) throw error;
    const { code, message, fix = "", at } = error;
    return { code, message, fix, ...(at !== undefined && { at }) };
  }
}
