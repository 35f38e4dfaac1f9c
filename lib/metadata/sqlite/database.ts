import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { MetadataStoreError } from "../errors.ts";

const version = 3;

const schema = `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    flow TEXT NOT NULL,
    run TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    redrive INTEGER NOT NULL DEFAULT 0,
    parameters TEXT NOT NULL,
    steps TEXT,
    owner TEXT NOT NULL,
    failure TEXT,
    UNIQUE (flow, run)
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (flow, started_at);
  CREATE TABLE tags (
    tag TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    PRIMARY KEY (run_id, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_by_tag ON tags (tag, run_id);
  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    visit INTEGER NOT NULL,
    attempts TEXT NOT NULL,
    committed TEXT,
    UNIQUE (run_id, step, path, visit)
  ) STRICT;
`;

/** Since version 2. */
const modelSchema = `
  CREATE TABLE models (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (name, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE model_aliases (
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (name, alias),
    FOREIGN KEY (name, version) REFERENCES models (name, version) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
`;

/** Since version 3. */
const deploymentSchema = `
  CREATE TABLE deployments (
    endpoint TEXT NOT NULL,
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (endpoint, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lineage (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (source, kind, target)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO lineage (source, kind, target)
    SELECT 'artifact:' || json_extract(record, '$.ref.hash'), 'model', name || ':' || version FROM models;
`;

/** Opens the database, and makes it where there is none yet. @throws MetadataStoreError */
export function openDatabase(file: string): DatabaseSync {
  return opened(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    return file;
  });
}

/**
 * Opens a database that is there, also where nothing can be written, on a read-only mount say: there SQLite has no place for the files that it
 * shares a write-ahead log with, and where there is no such log it needs none.
 *
 * @throws MetadataStoreError
 */
export function openToRead(file: string): DatabaseSync {
  try {
    return opened(file, () => file);
  } catch (error) {
    if ((error as MetadataStoreError).code !== "STORE_UNWRITABLE" || hasLog(file)) throw error;
    const unchanging = pathToFileURL(file);
    unchanging.search = "immutable=1";
    return opened(file, () => unchanging);
  }
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function opened(file: string, locate: () => string | URL): DatabaseSync {
  try {
    const database = new DatabaseSync(locate(), { timeout: 10_000 });
    try {
      retryWhileBusy(() => database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
      migrate(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw storeError(error, file);
  }
}

/** Turns what SQLite and the file system raise into an error with the file and the fix; anything else stays what it is. */
export function storeError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const { code, errcode } = error as { code: unknown; errcode?: number };
  const kind = code === "ERR_SQLITE_ERROR" ? primary((errcode ?? 1) & 0xff) : code;
  const details = { at: { file }, cause: error };
  switch (kind) {
    case "CORRUPT":
      return new MetadataStoreError("STORE_CORRUPT", `The store's database is damaged: ${error.message}.`, {
        ...details,
        fix: "Restore the file from a backup, or move it away (with -wal and -shm) to begin with an empty one.",
      });
    case "FULL":
    case "ENOSPC":
    case "EDQUOT":
      return new MetadataStoreError("STORE_FULL", `There is no room left for the store's database: ${error.message}.`, {
        ...details,
        fix: "Free some space on the disk, or choose a folder on another one with MILLRACE_STORE.",
      });
    case "BUSY":
      return new MetadataStoreError(
        "STORE_BUSY",
        "Another process has kept the store's database locked for 10 seconds.",
        {
          ...details,
          fix: "Wait for the other process, or stop it.",
        },
      );
    case "UNWRITABLE":
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
      return new MetadataStoreError(
        "STORE_UNWRITABLE",
        `The store's database cannot be opened or written: ${error.message}.`,
        {
          ...details,
          fix: `Make ${dirname(file)} a folder that you may write to, or choose another one with MILLRACE_STORE.`,
        },
      );
    default:
      if (code !== "ERR_SQLITE_ERROR") return error;
      return new MetadataStoreError("STORE_FAULT", `The store's database failed: ${error.message}.`, {
        ...details,
        fix: "Check the disk that holds the file.",
      });
  }
}

// https://www.sqlite.org/rescode.html
function primary(code: number): "BUSY" | "CORRUPT" | "FULL" | "UNWRITABLE" | undefined {
  if (code === 5 || code === 6) return "BUSY";
  if (code === 11 || code === 26) return "CORRUPT";
  if (code === 13) return "FULL";
  return code === 3 || code === 8 || code === 14 ? "UNWRITABLE" : undefined;
}

function migrate(database: DatabaseSync, file: string): void {
  if (storedVersion(database) === version) return;
  // Looked at again under the lock: another process may just be doing the same.
  database.exec("BEGIN IMMEDIATE");
  const found = storedVersion(database);
  if (found === 0) database.exec(schema);
  if (found < 2) database.exec(modelSchema);
  if (found < 3) database.exec(`${deploymentSchema} PRAGMA user_version = ${version}`);
  database.exec("COMMIT");
  if (found > version) {
    throw new MetadataStoreError(
      "STORE_VERSION",
      `The store has version ${found}; this Millrace knows versions up to ${version}.`,
      {
        fix: "Update the package (npm install millrace@latest), or choose another folder with MILLRACE_STORE.",
        at: { file },
      },
    );
  }
}

function storedVersion(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

/** SQLite does not wait by itself where the change to write-ahead logging meets another process. */
function retryWhileBusy(work: () => void): void {
  for (let tries = 1; ; tries++) {
    try {
      work();
      return;
    } catch (error) {
      if (tries === 200 || ((error as { errcode?: number }).errcode ?? 0) !== 5) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
  }
}
