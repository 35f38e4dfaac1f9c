import { resolved } from "../../../../data/models/package.ts";

type Arrow = typeof import("apache-arrow");

let loading: Promise<Arrow | undefined> | undefined;
let loaded: Arrow | undefined;
let isInstalled: boolean | undefined;

/** Loads the package, if it is there: tables are then read and written at once. */
export async function loadArrow(): Promise<void> {
  loading ??= import("apache-arrow").catch(() => undefined);
  loaded = await loading;
  isInstalled = loaded !== undefined;
}

/** Whether it is there, or would be if it were loaded. */
export function hasArrow(): boolean {
  isInstalled ??= resolved("apache-arrow") !== undefined;
  return isInstalled;
}

/** Loaded before. */
export function arrow(): Arrow {
  if (loaded === undefined) throw new TypeError("apache-arrow was not loaded.");
  return loaded;
}
