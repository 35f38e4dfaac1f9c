import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "../../errors.ts";

/**
 * The first of the packages that is installed: where this code is, or in the project of the current folder.
 *
 * @throws MillraceError `PACKAGE_MISSING`
 */
export async function importFirst<T>(names: readonly string[], what: string): Promise<T> {
  for (const name of names) {
    const url = resolved(name);
    // The name is no constant: who bundles this code must leave the package out.
    if (url !== undefined) return (await import(url)) as T;
  }
  const [first] = names;
  throw new MillraceError(
    "PACKAGE_MISSING",
    `${what} needs the package ${names.join(" or ")}, which is not installed.`,
    {
      fix: `Install it: npm install ${first}`,
    },
  );
}

/** The first of the packages that is installed, with its folder's package.json. */
export function resolved(name: string): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href]) {
    try {
      return pathToFileURL(createRequire(from).resolve(name)).href;
    } catch {
      // It may be in the other place.
    }
  }
  return undefined;
}
