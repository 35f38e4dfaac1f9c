import { lineageOfModel } from "../lineage.ts";
import type { ModelRecord, ModelRecords } from "../models.ts";
import { parseRecord } from "../parse.ts";
import { insertLineage } from "./lineage.ts";
import { SqliteRecords } from "./sqlite-records.ts";
import type { Statements } from "./statements.ts";

/** The models of a store in a folder. */
export class SqliteModelRecords extends SqliteRecords implements ModelRecords {
  put(model: ModelRecord): Promise<void> {
    return this.writes.write(() => insertModel(this.sql, model));
  }

  async names(): Promise<readonly string[]> {
    return this.read(() => this.sql("modelNames").all()).map(({ name }) => String(name));
  }

  async version(name: string, version: string): Promise<ModelRecord | undefined> {
    return this.read(() => this.sql("modelVersion").all(name, version)).map((row) => parse(name, row))[0];
  }

  async versions(name: string, { limit = -1 }: { readonly limit?: number } = {}): Promise<readonly ModelRecord[]> {
    return this.read(() => this.sql("modelVersions").all(name, limit)).map((row) => parse(name, row));
  }

  delete(name: string, version: string): Promise<void> {
    return this.writes.write(() => void this.sql("deleteModel").run(name, version));
  }

  async aliases(name: string): Promise<ReadonlyMap<string, string>> {
    const rows = this.read(() => this.sql("modelAliases").all(name));
    return new Map(rows.map(({ alias, version }) => [String(alias), String(version)]));
  }

  setAlias(name: string, alias: string, version: string | undefined): Promise<void> {
    return this.writes.write(() => {
      if (version === undefined) this.sql("deleteAlias").run(name, alias);
      else this.sql("setAlias").run(name, alias, version);
    });
  }
}

/** Within a transaction. */
export function insertModel(sql: Statements, model: ModelRecord): void {
  sql("insertModel").run(model.name, model.version, JSON.stringify(model));
  insertLineage(sql, lineageOfModel(model));
}

function parse(name: string, row: Readonly<Record<string, unknown>>): ModelRecord {
  return parseRecord(`model ${name}`, "record", row.record);
}
