import { type DeploymentRecord, type DeploymentRecords, withVersions } from "../deployments.ts";
import { deploymentKey, endpointListKey } from "../keys.ts";
import { lineageOfDeployment } from "../lineage.ts";
import { parseRecord } from "../parse.ts";
import { type Item, json, stringAt, text } from "./items.ts";
import type { DynamoLineageRecords } from "./lineage.ts";
import type { Query, Table } from "./table.ts";

/** The deployments of an environment, of all branches. */
export class DynamoDeploymentRecords implements DeploymentRecords {
  readonly #table: Table;
  readonly #lineage: DynamoLineageRecords;

  constructor(table: Table, lineage: DynamoLineageRecords) {
    this.#table = table;
    this.#lineage = lineage;
  }

  /** What finds it comes first: repeated after a failure in between, the writes do no harm. */
  async put(given: DeploymentRecord): Promise<void> {
    const { endpoint, id, status } = given;
    const contents = Object.values(given.models).map(({ hash }) => ({ kind: "artifact", name: hash }) as const);
    const versions = await Promise.all(contents.map((content) => this.#lineage.from(content, "model")));
    const deployment = withVersions(given, versions);
    const record = `deployment ${endpoint}/${id}`;
    await Promise.all([
      this.#table.put(endpointListKey(endpoint), {}, record),
      this.#lineage.addAll(lineageOfDeployment(deployment)),
    ]);
    await this.#table.update(deploymentKey(endpoint, id), record, {
      update: "SET #record = :record, #status = :status",
      condition: "attribute_not_exists(#status) OR #status <> :inService",
      values: { ":record": json(deployment), ":status": text(status), ":inService": text("in_service") },
    });
  }

  async endpoints(): Promise<readonly string[]> {
    const { pk } = endpointListKey("");
    const items = await this.#table.queryAll({ condition: "pk = :pk", values: { ":pk": text(pk) } });
    return items.map((item) => stringAt(item, "sk") ?? "").sort();
  }

  async get(endpoint: string, id: string): Promise<DeploymentRecord | undefined> {
    const item = await this.#table.get(deploymentKey(endpoint, id));
    return item && read(endpoint, item);
  }

  all(endpoint: string): AsyncIterable<DeploymentRecord> {
    return this.#newestFirst(endpoint, {});
  }

  async list(endpoint: string, { limit }: { readonly limit?: number } = {}): Promise<readonly DeploymentRecord[]> {
    const found: DeploymentRecord[] = [];
    for await (const record of this.#newestFirst(endpoint, limit === undefined ? {} : { pageSize: limit })) {
      found.push(record);
      if (found.length === limit) break;
    }
    return found;
  }

  async *#newestFirst(endpoint: string, options: Pick<Query, "pageSize">): AsyncGenerator<DeploymentRecord> {
    const { pk } = deploymentKey(endpoint, "");
    const query = { condition: "pk = :pk", values: { ":pk": text(pk) }, consistent: true, descending: true };
    for await (const page of this.#table.query({ ...query, ...options })) {
      for (const item of page) yield read(endpoint, item);
    }
  }
}

function read(endpoint: string, item: Item): DeploymentRecord {
  return parseRecord(`deployment ${endpoint}`, "record", stringAt(item, "record"));
}
