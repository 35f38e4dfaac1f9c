import { hash } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.ts";

/** Is written last: a folder without it was never finished, and is built anew. */
const mark = ".complete";

/** Is told what is built, by the name of its packages. */
export type OnBuild = (packages: string) => void;

/**
 * The folder of what is built once for all flows of this user, by what goes into it. Of two processes that want the same, one builds and the
 * other waits.
 */
export async function builtOnce(
  kind: string,
  ingredients: readonly unknown[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const root = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "millrace", kind);
  const key = hash("sha256", JSON.stringify(ingredients)).slice(0, 24);
  const folder = join(root, key);
  if (await isComplete(folder)) return folder;
  await mkdir(root, { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (await isComplete(folder)) return;
    await rm(folder, { recursive: true, force: true });
    try {
      await build(folder);
      await writeFile(join(folder, mark), "");
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
  return folder;
}

async function isComplete(folder: string): Promise<boolean> {
  return (await stat(join(folder, mark)).catch(() => undefined)) !== undefined;
}
