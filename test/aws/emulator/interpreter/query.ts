import { createHash, randomUUID } from "node:crypto";
import jsonata from "jsonata";
import type { Json, JsonObject } from "./definition.ts";
import { StateError } from "./errors.ts";

/** Names that an expression sees: `states` and the assigned variables, without their `$`. */
export type Bindings = { readonly [name: string]: unknown };

// Step Functions' own functions; the others are JSONata's.
const FUNCTIONS: Record<string, Parameters<jsonata.Expression["registerFunction"]>[1]> = {
  partition: (items: Json[], size: number) =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size)),
  range: (first: number, last: number, step: number) =>
    Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + index * step),
  hash: (text: string, algorithm: string) =>
    createHash(algorithm.replace("-", "").toLowerCase()).update(text).digest("hex"),
  random: () => Math.random(),
  uuid: () => randomUUID(),
  parse: (text: string) => JSON.parse(text),
};

const compiled = new Map<string, jsonata.Expression>();

function compile(source: string): jsonata.Expression {
  let expression = compiled.get(source);
  if (expression === undefined) {
    expression = jsonata(source);
    for (const [name, implementation] of Object.entries(FUNCTIONS)) expression.registerFunction(name, implementation);
    compiled.set(source, expression);
  }
  return expression;
}

/**
 * Evaluates a template: each string `{% … %}` in it is replaced by its value.
 *
 * @throws StateError States.QueryEvaluationError when an expression fails or gives nothing.
 */
export async function evaluate(template: Json, bindings: Bindings, field: string): Promise<Json> {
  if (typeof template === "string") return evaluateText(template, bindings, field);
  if (Array.isArray(template))
    return Promise.all(template.map((item, index) => evaluate(item, bindings, `${field}[${index}]`)));
  if (template === null || typeof template !== "object") return template;
  const values: JsonObject = {};
  for (const [name, value] of Object.entries(template))
    values[name] = await evaluate(value, bindings, `${field}/${name}`);
  return values;
}

async function evaluateText(text: string, bindings: Bindings, field: string): Promise<Json> {
  const source = /^\{%(.*)%\}$/s.exec(text)?.[1];
  if (source === undefined) return text;
  let value: unknown;
  try {
    value = await compile(source).evaluate(undefined, { ...bindings });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String((error as { message?: string }).message ?? error);
    throw new StateError(
      "States.QueryEvaluationError",
      `The JSONata expression '${source}' specified for the field '${field}' threw an error during evaluation. ${reason}`,
    );
  }
  if (value === undefined || typeof value === "function")
    throw new StateError(
      "States.QueryEvaluationError",
      `The JSONata expression '${source}' specified for the field '${field}' returned nothing (undefined).`,
    );
  // JSONata's sequences are arrays with properties of their own.
  return JSON.parse(JSON.stringify(value));
}

/** A template whose value must be a number, such as a time-out. */
export async function evaluateNumber(template: Json, bindings: Bindings, field: string): Promise<number> {
  const value = await evaluate(template, bindings, field);
  if (typeof value !== "number")
    throw new StateError(
      "States.QueryEvaluationError",
      `The field '${field}' must be a number and is ${JSON.stringify(value)}.`,
    );
  return value;
}
