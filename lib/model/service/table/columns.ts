import type { z } from "zod";

/** A column, as far as a format without JSON's types has to know it. */
export interface Column {
  readonly types: ReadonlySet<string>;
  readonly isRequired: boolean;
}

/** The columns of a table that its schema knows, by name. */
export interface Columns {
  readonly known: ReadonlyMap<string, Column>;
  /** Whether others are read too: the schema has something to say about them. */
  readonly readsOthers: boolean;
}

type Schema = z.core.JSONSchema._JSONSchema;

/** @param row The JSON Schema of a row. */
export function columnsOf(row: Schema): Columns {
  if (typeof row === "boolean") return { known: new Map(), readsOthers: true };
  const { properties = {}, required = [], additionalProperties } = row;
  const known = Object.entries(properties).map(
    ([name, schema]) => [name, { types: typesOf(schema), isRequired: required.includes(name) }] as const,
  );
  return { known: new Map(known), readsOthers: additionalProperties !== undefined || known.length === 0 };
}

/** What stands for a cell that is empty: `null` where it may be, nothing where the column is optional. */
export function emptyCell({ types, isRequired }: Column): null | undefined {
  return types.has("null") || types.size === 0 || isRequired ? null : undefined;
}

function typesOf(schema: Schema): ReadonlySet<string> {
  if (typeof schema === "boolean") return new Set();
  const { type, anyOf = [], oneOf = [] } = schema;
  return new Set([...[type ?? []].flat(), ...[...anyOf, ...oneOf].flatMap((one) => [...typesOf(one)])]);
}
