import type { Json } from "../../flow/definition.ts";

type Schema = Readonly<Record<string, Json>>;

/** The TypeScript type of a JSON Schema, as far as types go; `unknown` where they don't. */
export function typeOf(schema: Json | undefined): string {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "unknown";
  const { type, const: constant, enum: values, anyOf, oneOf } = schema as Schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  const either = anyOf ?? oneOf;
  if (Array.isArray(either)) return either.map(typeOf).join(" | ");
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(" | ");
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return arrayType(schema as Schema);
    case "object":
      return objectType(schema as Schema);
    default:
      return "unknown";
  }
}

function arrayType({ items, prefixItems }: Schema): string {
  if (Array.isArray(prefixItems)) {
    const rest = items === undefined || items === false ? [] : [`...${grouped(typeOf(items))}[]`];
    return `[${[...prefixItems.map(typeOf), ...rest].join(", ")}]`;
  }
  return `${grouped(typeOf(items))}[]`;
}

function objectType({ properties, required, additionalProperties }: Schema): string {
  const needed = new Set(Array.isArray(required) ? required : []);
  const members = Object.entries((properties ?? {}) as Schema).map(
    ([name, member]) => `${JSON.stringify(name)}${needed.has(name) ? "" : "?"}: ${typeOf(member)}`,
  );
  if (members.length > 0) return `{ ${members.join("; ")} }`;
  return `Record<string, ${typeOf(additionalProperties)}>`;
}

function grouped(type: string): string {
  return type.includes(" | ") ? `(${type})` : type;
}
