import { ModelError } from "../errors.ts";
import { isPacked, isService, type ModelService, modelFields, parts } from "./model-service.ts";

const known = new WeakSet<ModelService>();

/**
 * Lets the models of a service and its parts that have no value yet say so when they are read. Those that have one stay the plain fields that they
 * are, and those that get one become it.
 */
export function guardModels(service: ModelService): void {
  // A method that was taken off its service has none.
  if (known.has(service) || !isService(service)) return;
  known.add(service);
  for (const [field, value] of modelFields(service)) if (!isPacked(value)) guard(service, field);
  for (const [, part] of parts(service)) guardModels(part);
}

function guard(service: ModelService, field: string): void {
  const shape = { enumerable: true, configurable: true };
  Object.defineProperty(service, field, {
    ...shape,
    get() {
      throw notPacked(service, [field]);
    },
    set(value: unknown) {
      Object.defineProperty(service, field, { ...shape, value, writable: true });
    },
  });
}

/** @param missing Paths, one at least. */
export function notPacked(service: ModelService, missing: readonly string[]): ModelError {
  return new ModelError("NOT_PACKED", `${service.constructor.name} has no value for ${missing.join(", ")}.`, {
    fix: `Give it one: .pack(${JSON.stringify(missing[0])}, …), or --model ${missing[0]}=MODEL with a model of the store.`,
  });
}
