import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { storeFolder } from "../../lib/client/open.ts";
import { MetadataStoreError } from "../../lib/metadata/errors.ts";
import { UsageError } from "./errors.ts";

/**
 * The folder of a store that is going to be written to, made where it is missing.
 *
 * @throws MetadataStoreError `STORE_UNWRITABLE`
 */
export function writableStore(option: string | undefined): string {
  if (option === "aws") {
    throw new UsageError("`run` runs a flow on this machine, and --store aws is on AWS.", "Leave the option out.");
  }
  const folder = storeFolder(namedStore(option));
  try {
    makeFolder(join(folder, "cache"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MetadataStoreError("STORE_UNWRITABLE", `The store ${folder} cannot be written to: ${reason}.`, {
      fix: "Make it a folder that you may write to, or choose another one with MILLRACE_STORE.",
      cause,
    });
  }
  return folder;
}

/** @throws UsageError where the name is empty, as it is where a variable is not set. */
export function namedStore(option: string | undefined): string | undefined {
  if (option === "") throw new UsageError('--store takes a folder; received "".', "Name one, or leave the option out.");
  return option;
}

/** `mkdir` with `recursive` never comes back from below /proc, where the parent is there and nothing can be made in it. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // another command may have been faster
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !statSync(folder).isDirectory()) throw error;
  }
}
