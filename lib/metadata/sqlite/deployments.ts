import { type DeploymentRecord, type DeploymentRecords, withVersions } from "../deployments.ts";
import { lineageOfDeployment } from "../lineage.ts";
import { parseRecord } from "../parse.ts";
import { insertLineage, targets } from "./lineage.ts";
import { SqliteRecords } from "./sqlite-records.ts";
import type { Statements } from "./statements.ts";

/** The deployments of a store in a folder. */
export class SqliteDeploymentRecords extends SqliteRecords implements DeploymentRecords {
  put(deployment: DeploymentRecord): Promise<void> {
    return this.writes.write(() => insertDeployment(this.sql, deployment));
  }

  async endpoints(): Promise<readonly string[]> {
    return this.read(() => this.sql("endpoints").all()).map(({ endpoint }) => String(endpoint));
  }

  async get(endpoint: string, id: string): Promise<DeploymentRecord | undefined> {
    return this.read(() => this.sql("deployment").all(endpoint, id)).map((row) => parse(endpoint, row))[0];
  }

  async *all(endpoint: string): AsyncGenerator<DeploymentRecord> {
    yield* await this.list(endpoint);
  }

  async list(endpoint: string, { limit = -1 }: { readonly limit?: number } = {}): Promise<readonly DeploymentRecord[]> {
    return this.read(() => this.sql("deployments").all(endpoint, limit)).map((row) => parse(endpoint, row));
  }
}

/** Within a transaction. */
export function insertDeployment(sql: Statements, given: DeploymentRecord): void {
  const { endpoint, id, status } = given;
  const versions = Object.values(given.models).map(({ hash }) =>
    targets(sql, { kind: "artifact", name: hash }, "model"),
  );
  const deployment = withVersions(given, versions);
  sql("putDeployment").run({ endpoint, id, status, record: JSON.stringify(deployment) });
  insertLineage(sql, lineageOfDeployment(deployment));
}

function parse(endpoint: string, row: Readonly<Record<string, unknown>>): DeploymentRecord {
  return parseRecord(`deployment ${endpoint}`, "record", row.record);
}
