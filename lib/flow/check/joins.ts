import type { FlowDefinition } from "../definition.ts";
import type { Fold } from "../fold.ts";
import { list, placeOf } from "./place.ts";
import type { Problem } from "./problem.ts";

/** Whether each join declares the branches that come to it. */
export function checkJoins(definition: FlowDefinition, { places }: Fold): Problem[] {
  return Object.entries(definition.steps).flatMap(([name, { inputs }]) => {
    const join = places.get(name)?.join;
    if (join === undefined || inputs === undefined || inputs === true) return [];
    const branches = join.branches.map((branch) => branch.name);
    const place = placeOf(definition, name);
    if (join.kind === "foreach") {
      return {
        code: "JOIN_INPUTS",
        message: `${name} declares the branches ${list(inputs)}, but joins the foreach of ${join.splitter}.`,
        fix: `Declare ${name}(inputs: ForeachInputs<${definition.name}>).`,
        ...place,
      };
    }
    if (inputs.length === branches.length && branches.every((branch) => inputs.includes(branch))) return [];
    const type = `Inputs<${definition.name}, ${branches.map((branch) => JSON.stringify(branch)).join(" | ")}>`;
    return {
      code: "JOIN_INPUTS",
      message: `${name} declares the branches ${list(inputs)}, but those of ${join.splitter} that come are ${list(branches)}.`,
      fix: `Declare ${name}(inputs: ${type}).`,
      ...place,
    };
  });
}
