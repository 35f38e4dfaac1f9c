import { assertModelName } from "../../metadata/model-names.ts";
import { ModelError } from "../errors.ts";

/** A model by name and, behind a colon, a version or an alias; without one, the latest version. */
export interface ModelReference {
  readonly name: string;
  readonly selector?: string;
}

/** The alias that every model has: its newest version. */
export const latest = "latest";

/** @throws ModelError `MODEL_REFERENCE` where the text is none. @example parseReference("iris:production") */
export function parseReference(text: string): ModelReference {
  const [name = "", selector, ...rest] = text.split(":");
  if (rest.length > 0 || selector === "") {
    throw new ModelError("MODEL_REFERENCE", `${JSON.stringify(text)} names no model.`, {
      fix: "Write iris, iris:VERSION or iris:ALIAS.",
    });
  }
  assertModelName(name);
  return { name, ...(selector !== undefined && selector !== latest && { selector }) };
}
