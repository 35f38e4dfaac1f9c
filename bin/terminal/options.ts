import { UsageError } from "./errors.ts";

/** @throws UsageError where the text is no whole number above 0. */
export function wholeNumber(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UsageError(`${option} takes a whole number above 0; received ${JSON.stringify(text)}.`);
  }
  return value;
}
