import type { GroupCommit } from "./group-commit.ts";
import type { Statements } from "./statements.ts";

/** Runs a query: it sees what was written before, and what SQLite raises is explained. */
export type Read = <T>(query: () => T[]) => T[];

/** Records of one kind in a store in a folder. */
export abstract class SqliteRecords {
  protected readonly sql: Statements;
  protected readonly writes: GroupCommit;
  protected readonly read: Read;

  constructor(sql: Statements, writes: GroupCommit, read: Read) {
    this.sql = sql;
    this.writes = writes;
    this.read = read;
  }
}
