import { hash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MillraceError } from "../../errors.ts";
import type { FlowDefinition } from "../definition.ts";
import type { LoadedFlow } from "./load.ts";

/** What is known of a flow, for as long as all of this is as it was. */
interface Entry {
  /** The version of this code. */
  readonly stamp: string;
  /** The files that the flow is made of, with the hash of each. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Files of packages that the flow's module imports. */
  readonly packages: readonly string[];
  /** Beside the entry, named by its content. */
  readonly module?: string;
  readonly definition: FlowDefinition;
}

/** The folder of compiled flows. Files in it are written under another name first, so that two commands may share it. */
export class FlowCache {
  readonly folder: string;
  readonly #entry: string;

  constructor(folder: string, path: string, name: string | undefined) {
    this.folder = resolve(folder);
    // The definition names files relative to the folder that the command runs in.
    const key = hash("sha256", JSON.stringify([path, name ?? null, process.cwd()]));
    this.#entry = join(this.folder, `${key.slice(0, 32)}.json`);
  }

  /** What {@link keep} kept, if nothing of it has changed. */
  async read(): Promise<LoadedFlow | undefined> {
    const entry = await this.#readEntry();
    if (entry === undefined || entry.stamp !== (await stampOf())) return undefined;
    const { inputs, packages, module, definition } = entry;
    const modulePath = module === undefined ? undefined : join(this.folder, module);
    const hold = await Promise.all([
      ...Object.entries(inputs).map(async ([path, known]) => (await hashOf(path)) === known),
      ...packages.map(exists),
      modulePath === undefined || exists(modulePath),
    ]);
    if (!hold.every(Boolean)) return undefined;
    return { definition, ...(modulePath !== undefined && { moduleUrl: pathToFileURL(modulePath).href }) };
  }

  /** Writes a module; gives its path. The same code has the same path. */
  async writeModule(code: string): Promise<string> {
    const path = join(this.folder, `${hash("sha256", code).slice(0, 32)}.mjs`);
    await this.#write(path, code);
    return path;
  }

  async keep(
    definition: FlowDefinition,
    { inputs, packages, module }: { inputs: readonly string[]; packages: readonly string[]; module?: string },
  ): Promise<LoadedFlow> {
    const hashes = await Promise.all(inputs.map(async (path) => [path, await hashOf(path)] as const));
    const entry = {
      stamp: await stampOf(),
      inputs: Object.fromEntries(hashes),
      packages,
      ...(module !== undefined && { module: module.slice(this.folder.length + 1) }),
      definition,
    };
    await this.#write(this.#entry, JSON.stringify(entry));
    return { definition, ...(module !== undefined && { moduleUrl: pathToFileURL(module).href }) };
  }

  async #readEntry(): Promise<Entry | undefined> {
    try {
      return JSON.parse(await readFile(this.#entry, "utf8"));
    } catch {
      return undefined;
    }
  }

  async #write(path: string, text: string): Promise<void> {
    const draft = `${path}.${randomUUID()}`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(draft, text);
      await rename(draft, path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MillraceError("CACHE", `The compiled flow cannot be written to ${this.folder}: ${reason}.`, {
        fix: "Make the folder writable, or give another store.",
        cause,
      });
    }
  }
}

async function hashOf(path: string): Promise<string | undefined> {
  try {
    return hash("sha256", await readFile(path));
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Another version of this file comes with another version of all that made the entry. */
async function stampOf(): Promise<string> {
  const own = fileURLToPath(import.meta.url);
  const { mtimeMs, size } = await stat(own);
  return `${own}:${mtimeMs}:${size}`;
}
