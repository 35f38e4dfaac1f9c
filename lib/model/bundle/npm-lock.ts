import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolved } from "../../data/models/package.ts";
import { BundleError } from "./errors.ts";

/** Packages that a bundle does not carry, since they hold programs: npm installs them. */
export interface NpmNeeds {
  /** Exact versions by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** A `package-lock.json` with all that they need. */
  readonly lock: string;
}

interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Locked = Readonly<Record<string, LockedPackage>>;

/**
 * Packages as they are installed here, with the hashes of the project's lock. The same lock gives the same text, without an index's address.
 *
 * @param name The bundle's.
 * @throws BundleError `BUNDLE_LOCK` where a package was not installed by npm.
 */
export async function lockPackages(name: string, packages: readonly string[]): Promise<NpmNeeds> {
  const found = new Map<string, object>();
  const dependencies: Record<string, string> = {};
  for (const needed of packages) {
    const locked = await lockOf(needed);
    dependencies[needed] = locked[`node_modules/${needed}`]?.version ?? "";
    collect(locked, `node_modules/${needed}`, found);
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const root = { name, dependencies };
  const lock = { name, lockfileVersion: 3, requires: true, packages: { "": root, ...Object.fromEntries(sorted) } };
  return { dependencies, lock: `${JSON.stringify(lock, null, 2)}\n` };
}

function collect(locked: Locked, key: string, found: Map<string, object>): void {
  const entry = locked[key];
  if (entry === undefined || found.has(key)) return;
  // Where it came from, and that it was for developing, is this project's.
  const { resolved, dev, devOptional, peer, ...kept } = entry as LockedPackage & Record<string, unknown>;
  found.set(key, kept);
  for (const needed of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    const inner = place(locked, key, needed);
    if (inner !== undefined) collect(locked, inner, found);
  }
}

/** Where Node finds a package that one at `key` asks for. */
function place(locked: Locked, key: string, needed: string): string | undefined {
  for (let at = key; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const inner = `${at === "" ? "" : `${at}/`}node_modules/${needed}`;
    if (locked[inner] !== undefined) return inner;
    if (at === "") return undefined;
  }
}

/** The folder whose `node_modules` has a package. What only `import` can load is looked for around the current folder. */
function projectOf(needed: string): string {
  const url = resolved(needed);
  const path = url === undefined ? "" : fileURLToPath(url);
  const end = path.lastIndexOf(`/node_modules/${needed}/`);
  if (end >= 0) return path.slice(0, end);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", needed))) return folder;
    if (folder === dirname(folder)) return "";
  }
}

async function lockOf(needed: string): Promise<Locked> {
  const project = projectOf(needed);
  // The second has the packages for this system alone.
  for (const file of ["package-lock.json", "node_modules/.package-lock.json"]) {
    const text = await readFile(join(project, file), "utf8").catch(() => undefined);
    const locked: Locked | undefined = text === undefined ? undefined : JSON.parse(text).packages;
    if (project !== "" && locked?.[`node_modules/${needed}`] !== undefined) return locked;
  }
  throw new BundleError("BUNDLE_LOCK", `The bundle needs ${needed}, and no package-lock.json has its version.`, {
    fix: `Install it with npm: npm install ${needed}`,
  });
}
