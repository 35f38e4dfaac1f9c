import type { LineageLink, LineageNode, LineageRecords } from "../lineage.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Statements } from "./statements.ts";

/** What was made of what, in a store in a folder. */
export class SqliteLineageRecords implements LineageRecords {
  readonly #sql: Statements;
  readonly #writes: GroupCommit;
  readonly #read: <T>(query: () => T[]) => T[];

  /** @param read Sees what was written before, and explains what SQLite raises. */
  constructor(sql: Statements, writes: GroupCommit, read: <T>(query: () => T[]) => T[]) {
    this.#sql = sql;
    this.#writes = writes;
    this.#read = read;
  }

  add(source: LineageNode, target: LineageNode): Promise<void> {
    return this.#writes.write(() => insertLineage(this.#sql, [[source, target]]));
  }

  async from(source: LineageNode, kind: LineageNode["kind"]): Promise<readonly string[]> {
    return this.#read(() => targets(this.#sql, source, kind));
  }
}

/** Within a transaction. */
export function insertLineage(sql: Statements, links: readonly LineageLink[]): void {
  for (const [source, { kind, name }] of links) sql("addLineage").run(nameOf(source), kind, name);
}

export function targets(sql: Statements, source: LineageNode, kind: LineageNode["kind"]): string[] {
  return sql("lineage")
    .all(nameOf(source), kind)
    .map(({ target }) => String(target));
}

function nameOf({ kind, name }: LineageNode): string {
  return `${kind}:${name}`;
}
