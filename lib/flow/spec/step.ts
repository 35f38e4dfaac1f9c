import { MillraceError } from "../../errors.ts";
import { type CallSite, captureCallers } from "./call-site.ts";
import type { FlowSpec } from "./flow-spec.ts";
import { readStepOptions, type StepOptions, type StepSettings } from "./options.ts";
import type { Transition } from "./transitions.ts";

/**
 * On the method itself, since Node has no `Symbol.metadata`; of the registry, since a flow's bundle and the task runtime each have a copy of
 * this module.
 */
const mark = Symbol.for("millrace.step");

/** A step's method. What it takes and returns is checked where it is declared, by {@link step}. */
export type StepMethod = (...parameters: never[]) => unknown;

export interface StepMark {
  readonly name: string;
  readonly settings: StepSettings;
  /** Who decorated the method, nearest first: the declaring file, unless the compiler's helper stands in a file of its own. */
  readonly callers: () => readonly CallSite[];
}

/** `unknown` where `R` is what the step `Name` may return; else what is wrong, in words that the compiler prints. */
type Check<Name extends string, R> = Name extends "end"
  ? [R] extends [void | Promise<void>]
    ? unknown
    : "The step end goes nowhere: it returns nothing."
  : [R] extends [Transition | Promise<Transition>]
    ? unknown
    : `The step ${Name} must return its transition: return this.next(…) or return this.foreach(…).`;

type StepDecorator = <This extends FlowSpec, P extends unknown[], R, Name extends string>(
  method: ((this: This, ...parameters: P) => R) & Check<NoInfer<Name>, NoInfer<R>>,
  context: ClassMethodDecoratorContext<This> & { readonly name: Name },
) => void;

/**
 * Makes a method a step of its flow.
 *
 * @example
 * ```ts
 * @step({ compute: { kind: "batch", vcpu: 4, memory: "8 GiB" }, retry: 3, timeout: "1 h" })
 * train() {
 *   this.model = fit(this.rows);
 *   return this.next(this.evaluate);
 * }
 * ```
 * @throws MillraceError `STEP_OPTIONS` where an option is wrong, `LEGACY_DECORATORS` under `experimentalDecorators`, `STEP` on what is no
 * public method of an instance.
 */
export function step(options: StepOptions): StepDecorator;
/** Makes a method a step of its flow, with the default of every option. */
export function step<This extends FlowSpec, P extends unknown[], R, Name extends string>(
  method: ((this: This, ...parameters: P) => R) & Check<NoInfer<Name>, NoInfer<R>>,
  context: ClassMethodDecoratorContext<This> & { readonly name: Name },
): void;
export function step(first: StepOptions | StepMethod, ...rest: unknown[]): unknown {
  if (rest.length > 0) return decorate({}, first, rest, step);
  return function decorator(method: unknown, ...context: unknown[]): void {
    decorate(first as StepOptions, method, context, decorator);
  };
}

function decorate(options: StepOptions, method: unknown, [context]: unknown[], callee: StepMethod): void {
  if (!isContext(context)) {
    throw new MillraceError("LEGACY_DECORATORS", "@step is a standard decorator, but was compiled as a legacy one.", {
      fix: 'Remove "experimentalDecorators" from the compilerOptions of tsconfig.json.',
    });
  }
  const name = String(context.name);
  if (context.kind !== "method" || context.static || context.private || typeof context.name === "symbol") {
    throw new MillraceError("STEP", `@step stands before ${name}, which is no public method of an instance.`, {
      fix: "Make it a method with a name, neither static nor #private.",
    });
  }
  const value: StepMark = { name, settings: readStepOptions(name, options), callers: captureCallers(callee) };
  Object.defineProperty(method, mark, { value });
}

function isContext(context: unknown): context is DecoratorContext {
  return typeof context === "object" && context !== null && "kind" in context;
}

/** What `@step` noted of a method; `undefined` of anything else. */
export function markOf(method: unknown): StepMark | undefined {
  return typeof method === "function" ? (method as { [mark]?: StepMark })[mark] : undefined;
}
