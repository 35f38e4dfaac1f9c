import type { StepContext } from "../../lib/task/protocol.ts";

/** What only people read would change the bundle with each line that is added above the step. */
export function withoutPlaces(context: StepContext): StepContext {
  const { file, line, doc, transitions, ...definition } = context.definition;
  return {
    ...context,
    definition: { ...definition, transitions: transitions.map(({ line, ...transition }) => transition) },
  };
}
