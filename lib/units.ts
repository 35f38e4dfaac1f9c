import { MillraceError } from "./errors.ts";

const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };
const mebibytes: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 };

/** A length of time: `"20 ms"`, `"90 s"`, `"5 min"`, `"2 h"`, `"1 d"`. */
export type Duration = `${number} ${"ms" | "s" | "min" | "h" | "d"}`;

/** A size in binary units: `"512 MiB"`, `"8 GiB"`. */
export type Size = `${number} ${"MiB" | "GiB" | "TiB"}`;

/** Of a Lambda step that does not ask for another: CPU comes in proportion, and with less a cold start takes long. */
export const defaultLambdaMemory: Size = "1 GiB";

/** In seconds. @throws MillraceError `UNIT` where the text is no duration. */
export function parseDuration(text: Duration): number {
  return parse(text, seconds, 'a duration such as "20 ms", "90 s", "5 min" or "2 h"');
}

/** In MiB. @throws MillraceError `UNIT` where the text is no size. */
export function parseSize(text: Size): number {
  return parse(text, mebibytes, 'a size such as "512 MiB" or "8 GiB"');
}

function parse(text: string, units: Readonly<Record<string, number>>, expected: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(String(text)) ?? [];
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (amount === undefined || factor === undefined) {
    throw new MillraceError("UNIT", `${JSON.stringify(text)} is not ${expected}.`, { fix: `Write ${expected}.` });
  }
  return Number(amount) * factor;
}
