import type { StepDefinition, Transition } from "../flow/definition.ts";
import type { Transition as Returned } from "../flow/spec/transitions.ts";
import { UnknownTransitionError } from "./errors.ts";

/** Which of the step's transitions a method returned: an index; -1 for `end`. */
export function takenTransition(step: string, definition: StepDefinition, returned: Returned | undefined): number {
  if (returned === undefined) return -1;
  const index = definition.transitions.findIndex((transition) => isSame(transition, returned));
  if (index >= 0) return index;
  throw new UnknownTransitionError(step, describe(returned), definition.transitions.map(describe));
}

/** Which of the step's transitions a handler chose by the name of a step that it leads to; it needs no name where there is one transition. */
export function chosenTransition(step: string, definition: StepDefinition, chosen: unknown): number {
  const { transitions } = definition;
  if (transitions.length === 0) return -1;
  if (transitions.length === 1 && chosen === undefined) return 0;
  const index = transitions.findIndex((transition) => targets(transition).includes(String(chosen)));
  if (index >= 0) return index;
  throw new UnknownTransitionError(step, `to ${JSON.stringify(chosen) ?? "no step"}`, transitions.map(describe));
}

function isSame(transition: Transition, returned: Returned): boolean {
  if (transition.kind === "foreach") return returned.kind === "foreach" && returned.body === transition.body;
  return returned.kind === "next" && returned.steps.join() === transition.steps.join();
}

function targets(transition: Transition): readonly string[] {
  return transition.kind === "foreach" ? [transition.body] : transition.steps;
}

function describe(transition: Transition | Returned): string {
  if (transition.kind === "foreach") return `this.foreach(…, this.${transition.body})`;
  return `this.next(${transition.steps.map((step) => `this.${step}`).join(", ")})`;
}
