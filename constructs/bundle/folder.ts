import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Content } from "./zip.ts";

export async function writeFolder(folder: string, content: Content): Promise<void> {
  for (const [name, bytes] of content) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}
