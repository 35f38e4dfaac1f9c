import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readFolder } from "./sources.ts";

/**
 * What requirements name by a path, as text that differs where something else would be installed: a path alone means another thing in another
 * folder, and on another day.
 *
 * @param folder what paths are relative to
 */
export async function localPackages(requirements: string, folder: string): Promise<string> {
  const identities = requirements.split("\n").map(async (line) => {
    const { path, isEditable } = localPath(line.replace(/(?:^|\s)#.*/, "").trim());
    return path === undefined ? undefined : await identityOf(resolve(folder, path), isEditable);
  });
  return (await Promise.all(identities)).filter((identity) => identity !== undefined).join("\n");
}

function localPath(line: string): { readonly path?: string; readonly isEditable: boolean } {
  const [, editable] = /^(?:-e|--editable)[ =]?\s*(.+)$/.exec(line) ?? [];
  const isEditable = editable !== undefined;
  if (!isEditable && line.startsWith("-")) return { isEditable };
  // Without options, environment markers, the name in front of a URL, quotes, and extras.
  const [requirement = ""] = (editable ?? line).split(/\s+--|\s*;/);
  const named = requirement.replace(/^[\w.[\],-]+\s*@\s*/, "").replace(/^(["'])(.*)\1$/, "$2");
  const target = named.replace(/\[[\w\s,.-]*\]$/, "").trim();
  if (target.startsWith("file:")) return { ...ofUrl(target), isEditable };
  const isPath = !/^[\w+]+:\/\//.test(target) && (isEditable || /[/\\]|^\.|\.(?:whl|zip|tar\.gz)$/.test(target));
  return isPath ? { path: target, isEditable } : { isEditable };
}

/** No path where it is of another machine: the installer says so. */
function ofUrl(url: string): { readonly path?: string } {
  try {
    return { path: fileURLToPath(url) };
  } catch {
    return {};
  }
}

async function identityOf(path: string, isEditable: boolean): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  // The installer says what is wrong with it.
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return hash("sha256", await readFile(path));
  const files = await readFolder(path, (name, isFolder, inner) => {
    // An editable package is used from where it is; what it requires is not.
    if (isEditable) return !isFolder && /^(?:pyproject\.toml|setup\.py|setup\.cfg)$/.test(name);
    return (
      !/^(?:\.|__pycache__$|node_modules$|build$|dist$)|\.egg-info$/.test(name) &&
      !existsSync(join(inner, "pyvenv.cfg"))
    );
  });
  const contents = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => [name, hash("sha256", bytes)]);
  return hash("sha256", JSON.stringify([isEditable ? path : "", contents]));
}
