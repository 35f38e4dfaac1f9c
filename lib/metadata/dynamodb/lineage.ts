import { decodeName, lineageKey } from "../keys.ts";
import type { LineageLink, LineageNode, LineageRecords } from "../lineage.ts";
import { stringAt, text } from "./items.ts";
import type { Table } from "./table.ts";

/** What was made of what, in an environment. */
export class DynamoLineageRecords implements LineageRecords {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async add(source: LineageNode, target: LineageNode): Promise<void> {
    await this.addAll([[source, target]]);
  }

  /** A write each, which may be repeated. */
  async addAll(links: readonly LineageLink[]): Promise<void> {
    await Promise.all(
      links.map(([source, target]) => {
        const key = lineageKey([source.kind, source.name], [target.kind, target.name]);
        return this.#table.put(key, {}, `lineage of ${source.kind} ${source.name}`);
      }),
    );
  }

  async from(source: LineageNode, kind: LineageNode["kind"]): Promise<readonly string[]> {
    const { pk, sk: prefix } = lineageKey([source.kind, source.name], [kind, ""]);
    const items = await this.#table.queryAll({
      condition: "pk = :pk AND begins_with(sk, :prefix)",
      values: { ":pk": text(pk), ":prefix": text(prefix) },
      consistent: true,
    });
    return items.map((item) => decodeName((stringAt(item, "sk") ?? "").slice(prefix.length))).sort();
  }
}
