import { MillraceError } from "../errors.ts";

/** @throws MillraceError `MODEL_NAME` where a name cannot be that of a model. */
export function assertModelName(name: string): void {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return;
  throw new MillraceError("MODEL_NAME", `${JSON.stringify(name)} is no name for a model.`, {
    fix: "Use up to 100 letters, digits, ., _ and -, beginning with a letter or digit.",
  });
}

/** @throws MillraceError `MODEL_METRICS` where one is no finite number. */
export function assertMetrics(name: string, metrics: Readonly<Record<string, number>>): void {
  for (const [metric, value] of Object.entries(metrics)) {
    if (typeof value === "number" && Number.isFinite(value)) continue;
    throw new MillraceError("MODEL_METRICS", `The metric ${metric} of the model ${name} is ${String(value)}.`, {
      fix: "Give finite numbers; what else there is to tell belongs into metadata.",
    });
  }
}
