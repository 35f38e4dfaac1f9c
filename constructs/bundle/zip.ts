import { type Zippable, zipSync } from "fflate";

/** Files by their path in a folder. */
export type Content = ReadonlyMap<string, Uint8Array>;

/** The archive's bytes depend on the content alone: every file is of the same time, in the order of the names. */
export function zip(content: Content): Uint8Array {
  const files: Zippable = {};
  for (const name of [...content.keys()].sort()) files[name] = content.get(name) ?? new Uint8Array();
  return zipSync(files, { mtime: new Date(1980, 0, 1, 12) });
}
