import { MillraceError } from "../../errors.ts";
import type { Json, PythonEnvironment } from "../definition.ts";
import type { AnyInputs } from "./inputs.ts";
import { type ForeachOptions, foreachTransition, type Items, nextTransition, type Transition } from "./transitions.ts";

/** Symbols of the registry: a flow's bundle and the task runtime each have a copy of this module. */
const flowBrand = Symbol.for("millrace.flow");
const taskKey = Symbol.for("millrace.task");

/** The task that runs. */
export interface Current {
  readonly flow: string;
  readonly run: string;
  readonly step: string;
  /** The task's name within its step. */
  readonly task: string;
  /** 0 the first time. */
  readonly attempt: number;
  /** Indices of the foreachs around the task, outermost first: `"3.1"`; `""` outside of any. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly tags: readonly string[];
}

/** What a running task knows beside its artifacts. */
export interface TaskState {
  readonly current: Current;
  /** Inside a foreach: the iteration's item and its position. */
  readonly input?: unknown;
  readonly index?: number;
  /** @returns The model's version. */
  saveModel(name: string, value: unknown, options?: ModelOptions): string;
}

/** What is noted of a model beside its value. */
export interface ModelOptions {
  /** Finite numbers by name, such as `{ accuracy: 0.97 }`. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** What a step, given its parameters `P`, may not be the target of `next` for, in words that the compiler prints. */
type PlainTarget<P extends unknown[]> = P extends [] | [AnyInputs]
  ? unknown
  : unknown[] extends P
    ? unknown
    : "This step takes an item: it is the body of a foreach. Write this.foreach(items, step).";

/**
 * A flow: its fields are artifacts and parameters, its methods with `@step` the steps.
 *
 * @example
 * ```ts
 * export default class Train extends FlowSpec {
 *   readonly alpha = parameter.number({ default: 0.5 });
 *   loss = 1;
 *
 *   @step start() { return this.next(this.train); }
 *   @step train() { this.loss *= this.alpha; return this.loss > 0.1 ? this.next(this.train) : this.next(this.end); }
 *   @step end() {}
 * }
 * ```
 */
export abstract class FlowSpec {
  static readonly [flowBrand] = true;

  /**
   * What the flow's Python steps run in, but for those that name an environment of their own. Default: the `python3` on the path, or the one
   * that the environment variable `MILLRACE_PYTHON` names, with the packages that it has.
   */
  static readonly python?: PythonEnvironment;

  /** The task that runs. @throws MillraceError `NO_TASK` outside of one. */
  protected get current(): Current {
    return stateOf(this, "current").current;
  }

  /** Inside a foreach, in its body and the steps after it: the iteration's item. @throws MillraceError `NO_TASK` elsewhere. */
  protected get input(): unknown {
    return iterationOf(this, "input").input;
  }

  /** Inside a foreach, in its body and the steps after it: the item's position, from 0. @throws MillraceError `NO_TASK` elsewhere. */
  protected get index(): number {
    return iterationOf(this, "index").index;
  }

  /**
   * Saves a version of a model. It is there for others when the task has succeeded, and not before; it knows the task that made it.
   *
   * @param name Letters, digits, `.`, `_` and `-`.
   * @param value Anything that an artifact can be.
   * @returns The version, for `iris:20261123-184309-417-7kq2`.
   * @throws MillraceError `MODEL_NAME`, `MODEL_METRICS`; EncodeError where the value is no artifact.
   * @example
   * ```ts
   * this.saveModel("iris", this.model, { metrics: { accuracy: this.accuracy } });
   * ```
   */
  protected saveModel(name: string, value: unknown, options?: ModelOptions): string {
    return stateOf(this, "saveModel").saveModel(name, value, options);
  }

  /**
   * Goes to a step, or, with several, to all of them at once: a split, whose branches meet in a join. For the step to return.
   *
   * @throws MillraceError `TRANSITION` where one of `steps` is no step.
   */
  protected next<P extends readonly [unknown[], ...unknown[][]]>(
    ...steps: { readonly [K in keyof P]: ((...parameters: P[K]) => void) & PlainTarget<P[K]> }
  ): Transition {
    return nextTransition(steps);
  }

  /**
   * Goes to `body` once for each of `items`, which it gets as its argument. For the step to return.
   *
   * @throws MillraceError `TRANSITION` where `body` is no step, or `items` is neither an array nor a typed array.
   */
  protected foreach<I extends Items>(items: I, body: (item: I[number]) => void, options?: ForeachOptions): Transition {
    // The options are read from the source, since the graph is known before any task runs.
    void options;
    return foreachTransition(items, body);
  }
}

export type FlowClass = new () => FlowSpec;

/** Whether `value` is a class that extends {@link FlowSpec}, also that of another copy of the package. */
export function isFlowClass(value: unknown): value is FlowClass {
  return typeof value === "function" && flowBrand in value && !Object.hasOwn(value, flowBrand);
}

/** Tells a flow's instance which task it runs; once only. */
export function bindTask(flow: object, state: TaskState): void {
  Object.defineProperty(flow, taskKey, { value: state });
}

function stateOf(flow: object, member: string): TaskState {
  const state = (flow as { [taskKey]?: TaskState })[taskKey];
  if (state !== undefined) return state;
  throw new MillraceError("NO_TASK", `this.${member} is there while a task runs, not while the flow is constructed.`, {
    fix: `Read this.${member} in a step.`,
  });
}

function iterationOf(flow: object, member: string): { readonly input: unknown; readonly index: number } {
  const { current, input, index } = stateOf(flow, member);
  if (index !== undefined) return { input, index };
  throw new MillraceError(
    "NO_TASK",
    `this.${member} is there inside a foreach, but ${current.step} is outside of any.`,
    {
      fix: `Read this.${member} in the body of a foreach or in a step between it and its join.`,
    },
  );
}
