import type { Location } from "../../errors.ts";
import type { FlowDefinition } from "../definition.ts";

/** Where a step is declared or, with a transition, where it goes on; to be spread into a problem. */
export function placeOf(
  definition: FlowDefinition,
  step?: string,
  transition?: { readonly line?: number },
): { at?: Location } {
  const declared = step !== undefined && Object.hasOwn(definition.steps, step) ? definition.steps[step] : undefined;
  const file = declared?.file ?? definition.file;
  const line = transition?.line ?? declared?.line;
  if (file === undefined) return {};
  return { at: line === undefined ? { file } : { file, line } };
}

/** "a", "a and b", "a, b and c". */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
