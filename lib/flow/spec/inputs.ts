import type { FlowSpec } from "./flow-spec.ts";

declare const joins: unique symbol;

/** What marks a join's argument for the types: a step that takes it is no foreach's body. */
export interface AnyInputs {
  readonly [joins]: true;
}

/** A task that a join joins, with its artifacts and parameters. */
export type Input<F extends FlowSpec> = { readonly [Name in keyof F]: F[Name] };

/**
 * What the join of a split gets: the tasks that it joins, in the order of the branches, and each by its branch's name, which is that of the
 * branch's first step.
 *
 * @example
 * ```ts
 * @step join(inputs: Inputs<BranchFlow, "a" | "b">) {
 *   for (const input of inputs) this.total += input.x;
 *   this.first = inputs.a.x;
 *   return this.next(this.end);
 * }
 * ```
 */
export type Inputs<F extends FlowSpec, Branch extends keyof F> = AnyInputs &
  Iterable<Input<F>> & { readonly [Name in Branch]: Input<F> };

/** What the join of a foreach gets: the tasks that it joins, in the order of the items. */
export interface ForeachInputs<F extends FlowSpec> extends ReadonlyArray<Input<F>>, AnyInputs {}
