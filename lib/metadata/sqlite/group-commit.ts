import type { DatabaseSync } from "node:sqlite";
import type { Statements } from "./statements.ts";

interface Write {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Seconds between transactions: of ten thousand tiny tasks, each in one of its own would take most of the time. */
const interval = 0.005;

/**
 * Writes share a transaction: the first comes at once, those that follow within the interval together. Each is settled when it is on disk. A
 * write checks its condition before it changes anything, so that one which throws leaves the others alone; when SQLite itself fails, all of
 * them fail.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  readonly #translate: (error: unknown) => unknown;
  #queue: Write[] = [];
  #lastFlush = -interval;

  constructor(database: DatabaseSync, sql: Statements, translate: (error: unknown) => unknown) {
    this.#database = database;
    this.#sql = sql;
    this.#translate = translate;
  }

  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#queue.push({ work, resolve, reject }) > 1) return;
      const wait = this.#lastFlush + interval - process.uptime();
      if (wait > 0) setTimeout(() => this.flush(), wait * 1000);
      else setImmediate(() => this.flush());
    });
  }

  flush(): void {
    const writes = this.#queue;
    if (writes.length === 0) return;
    this.#lastFlush = process.uptime();
    this.#queue = [];
    try {
      const settle = this.#transaction(writes);
      for (const done of settle) done();
    } catch (error) {
      const translated = this.#translate(error);
      for (const { reject } of writes) reject(translated);
    }
  }

  #transaction(writes: readonly Write[]): (() => void)[] {
    this.#sql("begin").run();
    try {
      const settle = writes.map(({ work, resolve, reject }) => {
        try {
          const value = work() as never;
          return () => resolve(value);
        } catch (error) {
          if ((error as { code?: unknown }).code === "ERR_SQLITE_ERROR") throw error;
          return () => reject(error);
        }
      });
      this.#sql("commit").run();
      return settle;
    } catch (error) {
      if (this.#database.isTransaction) this.#sql("rollback").run();
      throw error;
    }
  }
}
