import { MillraceError } from "../../errors.ts";
import { markOf } from "./step.ts";

/** A symbol of the registry, because a flow's bundle and the task runtime each have a copy of this module. */
const brand: unique symbol = Symbol.for("millrace.transition") as never;

/** Where a flow goes after a step: what `this.next(…)` and `this.foreach(…)` give, for the step to return. */
export type Transition = NextTransition | ForeachTransition;

export interface NextTransition {
  readonly [brand]: true;
  readonly kind: "next";
  readonly steps: readonly string[];
}

export interface ForeachTransition {
  readonly [brand]: true;
  readonly kind: "foreach";
  readonly body: string;
  readonly items: Items;
}

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** What a foreach goes over. */
export type Items = readonly unknown[] | TypedArray;

/** How a foreach runs. The values must be literals: they are read from the source. */
export interface ForeachOptions {
  /** Iterations at a time on AWS. Default 100; 40 in a foreach inside a foreach. */
  readonly maxConcurrency?: number;
  /** The most items there can be. A foreach of at most 1,000 needs no child executions on AWS. Default: no bound. */
  readonly max?: number;
  /** Iterations that one child execution takes care of. Default 1. */
  readonly batch?: number;
  /** The share of iterations, 0 to 1, that may fail without failing the run. Default 0. */
  readonly tolerate?: number;
}

/** @throws MillraceError `TRANSITION` where one of `steps` is no step. */
export function nextTransition(steps: readonly unknown[]): NextTransition {
  if (steps.length === 0) {
    throw new MillraceError("TRANSITION", "this.next() names no step.", { fix: "Write this.next(this.a), say." });
  }
  return { [brand]: true, kind: "next", steps: steps.map((step) => nameOfTarget(step, "next")) };
}

/** @throws MillraceError `TRANSITION` where `body` is no step, or `items` neither an array nor a typed array. */
export function foreachTransition(items: unknown, body: unknown): ForeachTransition {
  if (!isItems(items)) {
    throw new MillraceError("TRANSITION", `this.foreach() goes over an array; received ${describe(items)}.`, {
      fix: "Make it an array first: [...items].",
    });
  }
  return { [brand]: true, kind: "foreach", body: nameOfTarget(body, "foreach"), items };
}

/**
 * The transition that a step's task returned; `undefined` for `end`.
 *
 * @throws MillraceError `TRANSITION` where the step returned anything else.
 */
export function returnedTransition(step: string, returned: unknown): Transition | undefined {
  if (step === "end") {
    if (returned === undefined) return undefined;
    throw new MillraceError("TRANSITION", `The step end goes nowhere, but returned ${describe(returned)}.`, {
      fix: "Return nothing from end; store what it found in an artifact.",
    });
  }
  if (isTransition(returned)) return returned;
  throw new MillraceError(
    "TRANSITION",
    `The step ${step} must return a transition; it returned ${describe(returned)}.`,
    {
      fix: "Write return this.next(…) or return this.foreach(…).",
    },
  );
}

function isTransition(value: unknown): value is Transition {
  return typeof value === "object" && value !== null && brand in value;
}

function isItems(value: unknown): value is Items {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function nameOfTarget(target: unknown, verb: string): string {
  const name = markOf(target)?.name;
  if (name !== undefined) return name;
  throw new MillraceError("TRANSITION", `this.${verb}() goes to a step; received ${describe(target)}.`, {
    fix: "Put @step before the method, and name it without calling it: this.next(this.train).",
  });
}

function describe(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value === "object" && value !== null) {
    // A generator's class has no name.
    return `a value of class ${value.constructor?.name || Object.prototype.toString.call(value).slice(8, -1)}`;
  }
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
}
