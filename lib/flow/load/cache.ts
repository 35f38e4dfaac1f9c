import { hash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
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
  read(): LoadedFlow | undefined {
    const entry = this.#readEntry();
    if (entry === undefined || entry.stamp !== stampOf()) return undefined;
    const { inputs, packages, module, definition } = entry;
    const modulePath = module === undefined ? undefined : join(this.folder, module);
    const isValid =
      Object.entries(inputs).every(([path, known]) => hashOf(path) === known) &&
      packages.every((path) => existsSync(path)) &&
      (modulePath === undefined || existsSync(modulePath));
    if (!isValid) return undefined;
    return { definition, ...(modulePath !== undefined && { moduleUrl: pathToFileURL(modulePath).href }) };
  }

  /** Writes a module; gives its path. The same code has the same path. */
  writeModule(code: string): string {
    const path = join(this.folder, `${hash("sha256", code).slice(0, 32)}.mjs`);
    this.#write(path, code);
    return path;
  }

  keep(
    definition: FlowDefinition,
    { inputs, packages, module }: { inputs: readonly string[]; packages: readonly string[]; module?: string },
  ): LoadedFlow {
    const entry = {
      stamp: stampOf(),
      inputs: Object.fromEntries(inputs.map((path) => [path, hashOf(path)])),
      packages,
      ...(module !== undefined && { module: module.slice(this.folder.length + 1) }),
      definition,
    };
    this.#write(this.#entry, JSON.stringify(entry));
    return { definition, ...(module !== undefined && { moduleUrl: pathToFileURL(module).href }) };
  }

  #readEntry(): Entry | undefined {
    try {
      return JSON.parse(readFileSync(this.#entry, "utf8"));
    } catch {
      return undefined;
    }
  }

  #write(path: string, text: string): void {
    const draft = `${path}.${randomUUID()}`;
    try {
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(draft, text);
      renameSync(draft, path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MillraceError("CACHE", `The compiled flow cannot be written to ${this.folder}: ${reason}.`, {
        fix: "Make the folder writable, or give another store.",
        cause,
      });
    }
  }
}

function hashOf(path: string): string | undefined {
  try {
    return hash("sha256", readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Another version of this file comes with another version of all that made the entry. */
function stampOf(): string {
  const own = fileURLToPath(import.meta.url);
  const { mtimeMs, size } = statSync(own);
  return `${own}:${mtimeMs}:${size}`;
}
