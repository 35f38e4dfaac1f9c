import type { LineageLink, LineageNode, LineageRecords } from "../lineage.ts";
import { SqliteRecords } from "./sqlite-records.ts";
import type { Statements } from "./statements.ts";

/** What was made of what, in a store in a folder. */
export class SqliteLineageRecords extends SqliteRecords implements LineageRecords {
  add(source: LineageNode, target: LineageNode): Promise<void> {
    return this.writes.write(() => insertLineage(this.sql, [[source, target]]));
  }

  async from(source: LineageNode, kind: LineageNode["kind"]): Promise<readonly string[]> {
    return this.read(() => targets(this.sql, source, kind));
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
