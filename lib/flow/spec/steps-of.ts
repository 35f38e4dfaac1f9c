import { MillraceError } from "../../errors.ts";
import { type FlowClass, isFlowClass } from "./flow-spec.ts";
import { markOf, type StepMark } from "./step.ts";

/** A step as its class declares it. */
export interface DeclaredStep extends StepMark {
  readonly method: (...parameters: never[]) => unknown;
  /** The class of the inheritance chain whose method it is. */
  readonly declaredIn: FlowClass;
}

/**
 * All steps of a flow, inherited ones first and otherwise in the order of declaration; an overridden one keeps its place.
 *
 * @throws MillraceError `STEP` where a method without `@step` overrides a step.
 */
export function stepsOf(flow: FlowClass): ReadonlyMap<string, DeclaredStep> {
  const steps = new Map<string, DeclaredStep>();
  for (const declaredIn of chainOf(flow)) {
    for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(declaredIn.prototype))) {
      const mark = markOf(method);
      if (mark !== undefined) steps.set(name, { ...mark, method, declaredIn });
      else if (steps.has(name)) throw notDecorated(declaredIn, name);
    }
  }
  return steps;
}

/** The classes of a flow, from the one that extends FlowSpec itself down to `flow`. */
export function chainOf(flow: FlowClass): FlowClass[] {
  const base: unknown = Object.getPrototypeOf(flow);
  return isFlowClass(base) ? [...chainOf(base), flow] : [flow];
}

function notDecorated(flow: FlowClass, name: string): MillraceError {
  return new MillraceError("STEP", `${flow.name}.${name} overrides a step, but has no @step.`, {
    fix: `Put @step before ${name}, with the options that it shall have.`,
  });
}
