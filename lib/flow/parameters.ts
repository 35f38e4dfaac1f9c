import { type Location, MillraceError } from "../errors.ts";
import { nearest } from "./check/near.ts";
import type { Json, ParameterDefinition } from "./definition.ts";

type Definitions = Readonly<Record<string, ParameterDefinition>>;

/** The values that a run was given don't fit the flow's parameters. */
export class ParameterError extends MillraceError {
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];

  constructor(
    problems: readonly string[],
    fix = "Give every parameter as the flow declares it; `millrace show` lists them.",
  ) {
    super("PARAMETER", problems.join("\n"), { fix });
    this.problems = problems;
  }
}

/**
 * The value of every parameter: what was given, else its default.
 *
 * @param given What a caller wrote, unchecked: an execution's input, say. A member that is `undefined` counts as not given.
 * @throws ParameterError that lists everything that is wrong: unknown names, missing values, wrong types, values out of bounds.
 */
export function readParameters(definitions: Definitions, given: unknown): Readonly<Record<string, Json>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ParameterError(
      [`Parameters are given as an object; received ${show(given)}.`],
      'Give {"name": value, …}, or {}.',
    );
  }
  const values = new Map(Object.entries(given).filter(([, value]) => value !== undefined));
  const unknown = [...values.keys()].filter((name) => !Object.hasOwn(definitions, name));
  const problems = unknown.map((name) => unknownName(name, Object.keys(definitions)));
  const read = Object.entries(definitions).map(([name, definition]): [string, Json] => {
    const value = values.has(name) ? values.get(name) : definition.default;
    const problem =
      value === undefined ? `${name} must be given: ${describe(definition)}.` : problemOf(name, definition, value);
    if (problem !== undefined) problems.push(problem);
    return [name, value as Json];
  });
  if (problems.length > 0) throw new ParameterError(problems);
  return Object.fromEntries(read);
}

/**
 * A parameter's value as the command line gives it: JSON for `json`, else the plain value. Bounds and choices are {@link readParameters}'s.
 *
 * @throws ParameterError where the text is no value of the parameter's type.
 */
export function parseParameter(name: string, definition: ParameterDefinition, text: string): Json {
  const value = parsers[definition.type](text);
  if (value === undefined) {
    const long = definition.type === "integer" && Number.isInteger(parseNumber(text)) ? ` ${tooLong}` : "";
    throw new ParameterError([`${name} must be ${describe(definition)}; received ${show(text)}.${long}`]);
  }
  const inexact = definition.type === "json" ? inexactNumber(text) : undefined;
  if (inexact !== undefined) {
    throw new ParameterError(
      [`${name} holds the number ${inexact}, which JavaScript would keep as ${BigInt(Number(inexact))}.`],
      `Write it as a text: "${inexact}".`,
    );
  }
  return value;
}

/** @throws MillraceError `PARAMETER_DEFINITION` where a default or a choice is not of the type, or the bounds contradict each other. */
export function checkParameterDefinition(
  name: string,
  definition: ParameterDefinition,
  locate: () => Location | undefined = () => undefined,
): void {
  const { default: fallback, choices = [], min = -Infinity, max = Infinity } = definition;
  const { choices: _, ...withoutChoices } = definition;
  const problem =
    (Number.isNaN(min) || Number.isNaN(max) || min > max
      ? `${name} has no value between ${min} and ${max}.`
      : undefined) ??
    choices
      .map((choice) => problemOf(`A choice of ${name}`, withoutChoices, choice))
      .find((found) => found !== undefined) ??
    (fallback === undefined ? undefined : problemOf(`The default of ${name}`, definition, fallback));
  if (problem === undefined) return;
  throw new MillraceError("PARAMETER_DEFINITION", problem, {
    fix: `Correct the declaration of the parameter ${name}.`,
    at: locate(),
  });
}

const tooLong = `Above ${Number.MAX_SAFE_INTEGER} JavaScript does not keep every digit: a longer number is a string parameter.`;

const types: Readonly<
  Record<ParameterDefinition["type"], { readonly what: string; readonly holds: (value: unknown) => boolean }>
> = {
  string: { what: "a string", holds: (value) => typeof value === "string" },
  number: { what: "a number", holds: Number.isFinite },
  integer: { what: "a whole number", holds: Number.isSafeInteger },
  boolean: { what: "true or false", holds: (value) => typeof value === "boolean" },
  json: { what: "a JSON value", holds: (value) => isJson(value) },
};

const parsers: Readonly<Record<ParameterDefinition["type"], (text: string) => Json | undefined>> = {
  string: (text) => text,
  number: parseNumber,
  integer: (text) => {
    const value = parseNumber(text);
    return Number.isSafeInteger(value) ? value : undefined;
  },
  boolean: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  json: (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  },
};

/** Of a JSON text, a whole number that would come out as another one. */
function inexactNumber(text: string): string | undefined {
  let found: string | undefined;
  JSON.parse(text, (_, value: unknown, { source = "" }: { source?: string } = {}) => {
    if (/^-?\d+$/.test(source) && Number.isFinite(value) && !isKept(source)) found ??= source;
    return value;
  });
  return found;
}

/** Also as JavaScript writes a number itself: with zeros behind the digits that tell it from its neighbours. */
function isKept(source: string): boolean {
  const value = Number(source);
  return BigInt(source) === BigInt(value) || source === String(value);
}

/** Decimal only: `Number` also takes "", "0x1f" and "Infinity". */
function parseNumber(text: string): number | undefined {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function problemOf(name: string, definition: ParameterDefinition, value: unknown): string | undefined {
  const { type, choices, min = -Infinity, max = Infinity } = definition;
  const fits =
    types[type].holds(value) &&
    (typeof value !== "number" || (value >= min && value <= max)) &&
    (choices === undefined || choices.some((choice) => canonical(choice) === canonical(value as Json)));
  if (fits) return undefined;
  const isLong = type === "integer" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return `${name} must be ${describe(definition)}; received ${show(value)}.${isLong ? ` ${tooLong}` : ""}`;
}

function describe({ type, choices, min, max }: ParameterDefinition): string {
  if (choices !== undefined) return `one of ${choices.map((choice) => show(choice)).join(", ")}`;
  const { what } = types[type];
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what} of at least ${min}`;
  return max !== undefined ? `${what} of at most ${max}` : what;
}

function unknownName(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const hint =
    near !== undefined
      ? `did you mean ${near}?`
      : known.length > 0
        ? `there are ${known.join(", ")}.`
        : "the flow has none.";
  return `There is no parameter ${show(name)}; ${hint}`;
}

/** Deeper than any real value, and far from the end of the stack. */
const maximumDepth = 500;

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth === maximumDepth) return false;
  if (Array.isArray(value)) return value.every((element) => isJson(element, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null;
  return plain && Object.values(value).every((member) => isJson(member, depth + 1));
}

/** The same text for values that differ in the order of their keys alone. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** At most 80 characters of what was received. */
function show(value: unknown): string {
  const quoted = typeof value === "object" || typeof value === "string";
  const text = quoted ? stringify(value) : `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function stringify(value: object | string | null): string {
  try {
    return JSON.stringify(value) ?? "undefined";
  } catch {
    return "a value that JSON cannot hold";
  }
}
