import { type Location, MillraceError } from "../../errors.ts";
import type { FlowDefinition, Json, ParameterDefinition } from "../definition.ts";
import { checkParameterDefinition } from "../parameters.ts";
import type { FlowClass } from "./flow-spec.ts";

/** Symbols of the registry: a flow's bundle and the task runtime each have a copy of this module. */
const parameterKey = Symbol.for("millrace.parameter");

/** The value of an artifact that has none yet. */
export const unset: unique symbol = Symbol.for("millrace.unset") as never;

/** What `parameter.string(…)` and its like take. */
export interface ParameterOptions<T> {
  /** A parameter without a default must be given. */
  readonly default?: NoInfer<T>;
  /** What the parameter is for, as one line. */
  readonly help?: string;
  /** The only values that are taken. */
  readonly choices?: readonly T[];
}

export interface NumberOptions<T extends number> extends ParameterOptions<T> {
  /** Inclusive. */
  readonly min?: number;
  /** Inclusive. */
  readonly max?: number;
}

/**
 * Declares a parameter, as the initializer of a `readonly` field. Its value is there in the steps, not yet in other initializers.
 *
 * @example
 * ```ts
 * readonly alpha = parameter.number({ default: 0.5, min: 0, max: 1, help: "the learning rate" });
 * readonly optimizer = parameter.string({ default: "adam", choices: ["adam", "sgd"] });
 * readonly rows = parameter.integer();                                        // must be given
 * readonly layers = parameter.json<number[]>({ default: [10] });
 * ```
 */
export const parameter = {
  string<const T extends string = string>(options: ParameterOptions<T> = {}): T {
    return declare({ type: "string", ...options });
  },
  /** A finite number. */
  number<const T extends number = number>(options: NumberOptions<T> = {}): T {
    return declare({ type: "number", ...options });
  },
  /** A whole number that a double holds exactly. */
  integer<const T extends number = number>(options: NumberOptions<T> = {}): T {
    return declare({ type: "integer", ...options });
  },
  boolean(options: Omit<ParameterOptions<boolean>, "choices"> = {}): boolean {
    return declare({ type: "boolean", ...options });
  },
  /** Any JSON value; that it is a `T` is the caller's promise. */
  json<T extends Json = Json>(options: ParameterOptions<T> = {}): T {
    return declare({ type: "json", ...options });
  },
};

/** Declares an artifact that has no value yet: the step that needs it first must not come before the one that sets it. */
export function artifact<T>(): T {
  return unset as T;
}

/** The definition that a field of a just constructed flow declares; `undefined` of an artifact's value. */
function parameterDefinitionOf(value: unknown): ParameterDefinition | undefined {
  return typeof value === "object" && value !== null
    ? (value as { [parameterKey]?: ParameterDefinition })[parameterKey]
    : undefined;
}

/** Where a field, or the class itself, is declared. */
export type LocateField = (field?: string) => Location | undefined;

/**
 * The parameters and artifacts of a flow, found by constructing it once.
 *
 * @param locate Asked where something is wrong.
 * @throws MillraceError `FLOW_FIELD` where a field is neither, `PARAMETER_DEFINITION` where a parameter contradicts itself, `FLOW_CONSTRUCTOR`
 * where the constructor throws.
 */
export function fieldsOf(
  flow: FlowClass,
  locate: LocateField = () => undefined,
): Pick<FlowDefinition, "parameters" | "artifacts" | "initialized"> {
  const fields = Object.entries(construct(flow, locate));
  for (const [name, value] of fields) checkField(flow, name, value, locate);
  const artifacts = fields.filter(([, value]) => parameterDefinitionOf(value) === undefined);
  return {
    parameters: Object.fromEntries(
      fields.flatMap(([name, value]) => {
        const definition = parameterDefinitionOf(value);
        return definition === undefined ? [] : [[name, definition]];
      }),
    ),
    artifacts: artifacts.map(([name]) => name),
    initialized: artifacts.filter(([, value]) => value !== unset).map(([name]) => name),
  };
}

function construct(flow: FlowClass, locate: LocateField): object {
  try {
    return new flow();
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("FLOW_CONSTRUCTOR", `The fields of ${flow.name} cannot be initialized: ${reason}`, {
      fix: "Let initializers be plain values, and do what can fail in start.",
      at: locate(),
      cause,
    });
  }
}

function checkField(flow: FlowClass, name: string, value: unknown, locate: LocateField): void {
  const definition = parameterDefinitionOf(value);
  if (definition !== undefined) checkParameterDefinition(name, definition, () => locate(name));
  if (name in flow.prototype || name === "__proto__") {
    throw new MillraceError("FLOW_FIELD", `The field ${name} of ${flow.name} hides the member of that name.`, {
      fix: "Rename the field.",
      at: locate(name),
    });
  }
  if (typeof value === "function") {
    throw new MillraceError("FLOW_FIELD", `The field ${name} of ${flow.name} is a function, which is no artifact.`, {
      fix: `Make ${name} a method, or a function outside of the class.`,
      at: locate(name),
    });
  }
}

/** At run time a marker, which the task replaces by the value. */
function declare<T>(definition: ParameterDefinition): T {
  return {
    [parameterKey]: definition,
    [Symbol.toPrimitive]() {
      throw new MillraceError("PARAMETER_EARLY", "A parameter has no value yet while the fields are initialized.", {
        fix: "Use it in start, not in the initializer of another field.",
      });
    },
  } as T;
}
