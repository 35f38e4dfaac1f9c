import { type Stats, statSync } from "node:fs";

/** `undefined` where there is nothing at a path, or nothing that may be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
