import type { Json } from "../../../flow/definition.ts";
import type { BodyDescription } from "../../service/description.ts";

type Schema = Readonly<Record<string, Json>>;

/** A recursive schema goes no deeper. */
const deepest = 6;

/** A body to begin with for a content type: it has the schema's shape, not more. `undefined` where it is no text. */
export function exampleBody({ schema }: BodyDescription, type: string): string | undefined {
  if (type === "application/json") return pretty(example(schema, schema, 0));
  if (type === "text/csv") return csv(example(schema, schema, 0));
  return type.startsWith("text/") ? String(given(schema) ?? "Some text") : undefined;
}

function example(schema: Json | undefined, root: Schema, depth: number): Json {
  if (!isSchema(schema) || depth > deepest) return null;
  const chosen = given(schema);
  if (chosen !== undefined) return chosen;
  const { $ref, type, anyOf, oneOf, allOf, format, minimum, exclusiveMinimum, maximum, minLength } = schema;
  if (typeof $ref === "string") return example(resolve($ref, root), root, depth + 1);
  const [first] = [anyOf, oneOf, allOf].find((one) => Array.isArray(one)) ?? [];
  if (first !== undefined) return example(first, root, depth + 1);
  switch (Array.isArray(type) ? type[0] : type) {
    case "number":
    case "integer":
      if (typeof exclusiveMinimum === "number") return exclusiveMinimum + 1;
      return Math.min(Math.max(1, Number(minimum ?? 1)), Number(maximum ?? Number.POSITIVE_INFINITY));
    case "string":
      return formats[String(format)] ?? "text".padEnd(Number(minLength ?? 0), "x");
    case "boolean":
      return true;
    case "array":
      return arrayExample(schema, root, depth);
    case "object":
      return objectExample(schema, root, depth);
    default:
      return null;
  }
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function given(schema: Schema): Json | undefined {
  const { examples, default: value, const: constant, enum: values } = schema;
  return (
    (Array.isArray(examples) ? examples[0] : undefined) ??
    value ??
    constant ??
    (Array.isArray(values) ? values[0] : undefined)
  );
}

const formats: Readonly<Record<string, string>> = {
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  email: "ada@example.com",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

function arrayExample({ items, prefixItems, minItems }: Schema, root: Schema, depth: number): Json {
  if (Array.isArray(prefixItems)) return prefixItems.map((item) => example(item, root, depth + 1));
  const length = typeof minItems === "number" ? Math.min(Math.max(minItems, 1), 10) : 1;
  return Array.from({ length }, () => example(items, root, depth + 1));
}

function objectExample({ properties, additionalProperties }: Schema, root: Schema, depth: number): Json {
  const members = Object.entries((properties ?? {}) as Schema);
  if (members.length === 0 && typeof additionalProperties === "object") members.push(["key", additionalProperties]);
  return Object.fromEntries(members.map(([name, member]) => [name, example(member, root, depth + 1)]));
}

/** `#/$defs/Node`, and `#` itself. */
function resolve(ref: string, root: Schema): Json | undefined {
  const parts = ref.split("/").slice(1).filter(Boolean);
  return parts.reduce<Json | undefined>((at, part) => (at as Schema | undefined)?.[part], root);
}

function csv(rows: Json): string {
  const [row] = Array.isArray(rows) ? rows : [];
  const record = (row ?? {}) as Readonly<Record<string, Json>>;
  const cells = Object.values(record).map((value) => (value === null ? "" : String(value)));
  return `${Object.keys(record).join(",")}\n${cells.join(",")}\n`;
}

/** JSON in which what fits on a line stands on one. */
export function pretty(value: Json, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const [open, close, members] = Array.isArray(value)
    ? ["[", "]", value.map((element) => pretty(element, deeper))]
    : ["{", "}", Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${pretty(member, deeper)}`)];
  const line = members.join(", ");
  if (indent.length + line.length <= 56 && !line.includes("\n")) return open + line + close;
  return `${open}\n${members.map((member) => deeper + member).join(",\n")}\n${indent}${close}`;
}
