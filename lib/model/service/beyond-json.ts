import { z } from "zod";
import { ModelError } from "../errors.ts";
import { jsonSchemaOf } from "./json-schema.ts";

/** What JSON has no value for. A date is written as text, but does not come back as one. */
const beyondJson = {
  input: ["bigint", "date", "map", "set", "symbol", "undefined", "function"],
  output: ["bigint", "map", "set", "symbol", "function"],
};

/**
 * Where a schema's own function comes first, it may make anything; and of alternatives another one may hold.
 *
 * @throws ModelError `API_OPTIONS` where no JSON can be a value of the schema.
 */
export function assertJson(schema: z.ZodType, io: "input" | "output", at: string): void {
  if (jsonSchemaOf(schema) !== undefined) return;
  const found: { readonly type: string; readonly place: string }[] = [];
  let isPreprocessed = false;
  z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override({ zodSchema, path }) {
      const def = zodSchema._zod.def as { readonly type: string; readonly coerce?: boolean; readonly in?: z.ZodType };
      if (def.type === "pipe" && def.in?._zod.def.type === "transform") isPreprocessed = true;
      const isPossible = def.coerce === true || path.includes("anyOf") || path.includes("oneOf");
      if (!isPossible && beyondJson[io].includes(def.type)) found.push({ type: def.type, place: placeOf(path) });
    },
  });
  const [first] = found;
  if (first === undefined || isPreprocessed) return;
  throw new ModelError(
    "API_OPTIONS",
    `The ${io} of ${at}${first.place} is a ${first.type}, which JSON does not have.`,
    {
      fix:
        io === "input"
          ? "Take what JSON has, and make the value of it: z.iso.datetime().transform((text) => new Date(text)), say."
          : "Answer what JSON has: text, a number, an array or an object.",
    },
  );
}

/** Of a path inside a JSON Schema, where that is in a value: `properties`, `d` is `.d`. */
function placeOf(path: readonly (string | number)[]): string {
  const names = path.flatMap((part, i) =>
    path[i - 1] === "properties" ? [`.${part}`] : part === "items" ? ["[]"] : [],
  );
  return names.length === 0 ? "" : ` at ${names.join("")}`;
}
