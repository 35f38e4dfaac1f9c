import { ModelError } from "../errors.ts";

/** A bundle that cannot be written, read or trusted. */
export class BundleError extends ModelError {}

/** A file of a bundle is not what it was when the bundle was made. */
export function changedFile(file: string, expected: string, found: string): BundleError {
  return new BundleError("BUNDLE_CHANGED", `${file} was changed: its SHA-256 is ${found}, not ${expected}.`, {
    fix: "Make the bundle again, or restore the file.",
  });
}
