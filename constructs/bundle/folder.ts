import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { Content } from "./zip.ts";

/**
 * Reads a folder's files.
 *
 * @param takes whether a file, or a folder with all that is in it, is wanted
 */
export async function readFolder(
  folder: string,
  takes: (name: string, isFolder: boolean, path: string) => boolean,
): Promise<Content> {
  const content = new Map<string, Uint8Array>();
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (!takes(entry.name, entry.isDirectory(), inner)) continue;
      if (entry.isDirectory()) await visit(inner);
      else if (entry.isFile()) content.set(relative(folder, inner).split(sep).join("/"), await readFile(inner));
    }
  };
  await visit(folder);
  return content;
}

export async function writeFolder(folder: string, content: Content): Promise<void> {
  for (const [name, bytes] of content) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}
