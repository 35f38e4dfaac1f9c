import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds. */
const pause = 100;

/**
 * Does something that one process at a time may do. The lock is SQLite's on the file: the system takes it back when a process dies, however it
 * dies.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    while (!acquire(database)) await wait(pause);
    return await work();
  } finally {
    database.close();
  }
}

function acquire(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (/database is locked/.test(String(error))) return false;
    throw error;
  }
}
