import type { z } from "zod";
import type { Json } from "../../flow/definition.ts";

/** Of the registry: a service's bundle and the server each have a copy of this module. */
const key = Symbol.for("millrace.json-schema");

type JsonSchema = Readonly<Record<string, Json>>;

/** Notes the document that a schema was made of. */
export function withJsonSchema<S extends z.ZodType>(schema: S, document: Readonly<Record<string, unknown>>): S {
  Object.defineProperty(schema, key, { value: document });
  return schema;
}

/** The document that a schema was made of; `undefined` where it was not made of one. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema | undefined {
  return (schema as { [key]?: JsonSchema })[key];
}
