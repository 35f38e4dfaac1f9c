import type { FlowDefinition } from "../flow/definition.ts";
import type { Fold } from "../flow/fold.ts";
import type { StepContext } from "./protocol.ts";

/** What a task of `step` must know of its flow. @throws RangeError where the fold has no such step. */
export function stepContext(definition: FlowDefinition, fold: Fold, step: string): StepContext {
  const place = fold.places.get(step);
  const own = Object.hasOwn(definition.steps, step) ? definition.steps[step] : undefined;
  if (place === undefined || own === undefined) {
    throw new RangeError(`${definition.name} has no step ${JSON.stringify(step)} that start leads to.`);
  }
  return {
    flow: definition.name,
    step,
    definition: own,
    role: place.role,
    exits: place.exits.map(({ kind }) => kind),
    ...(place.join && { join: place.join }),
    parameters: Object.keys(definition.parameters),
    artifacts: definition.artifacts,
  };
}
