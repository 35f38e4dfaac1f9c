import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/**
 * Reads a folder's files: their bytes by name, with `/` between its parts.
 *
 * @param takes whether a file, or a folder with all that is in it, is wanted
 */
export async function readFolder(
  folder: string,
  takes: (name: string, isFolder: boolean, path: string) => boolean,
): Promise<Map<string, Uint8Array>> {
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

/**
 * The Python files below a folder, as what one of them imports; environments, packages of Node and what is hidden left out.
 *
 * @param marker A folder with a file of this name is left out too.
 */
export async function readPythonSources(folder: string, marker?: string): Promise<Map<string, Uint8Array>> {
  return await readFolder(folder, (name, isFolder, path) => {
    if (!isFolder) return name.endsWith(".py");
    if (/^(?:\.|node_modules$|__pycache__$|cdk\.out$)/.test(name) || existsSync(join(path, "pyvenv.cfg"))) return false;
    return marker === undefined || !existsSync(join(path, marker));
  });
}
