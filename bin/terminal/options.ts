import { UsageError } from "./errors.ts";

/** @throws UsageError where the text is no whole number of at least `least`. */
export function wholeNumber(option: string, text: string, least: 0 | 1 = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(
    `${option} takes a whole number${least === 1 ? " above 0" : ""}; received ${JSON.stringify(text)}.`,
    `Write ${option} ${least + 1}, say.`,
  );
}
