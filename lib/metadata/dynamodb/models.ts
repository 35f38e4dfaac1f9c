import { decodeName, modelAliasKey, modelAliasPrefix, modelKey, modelListKey, modelVersionPrefix } from "../keys.ts";
import { lineageOfModel } from "../lineage.ts";
import type { ModelRecord, ModelRecords } from "../models.ts";
import { parseRecord } from "../parse.ts";
import { json, stringAt, text } from "./items.ts";
import type { DynamoLineageRecords } from "./lineage.ts";
import type { Query, Table } from "./table.ts";

/** The models of an environment, of all branches. */
export class DynamoModelRecords implements ModelRecords {
  readonly #table: Table;
  readonly #lineage: DynamoLineageRecords;

  constructor(table: Table, lineage: DynamoLineageRecords) {
    this.#table = table;
    this.#lineage = lineage;
  }

  /** Three writes, what finds it first: repeated after a failure between them, they do no harm. */
  async put(model: ModelRecord): Promise<void> {
    const { name, version } = model;
    const record = `model ${name}:${version}`;
    await Promise.all([this.#table.put(modelListKey(name), {}, record), this.#lineage.addAll(lineageOfModel(model))]);
    await this.#table.put(modelKey(name, version), { record: json(model) }, record, "attribute_not_exists(pk)");
  }

  async names(): Promise<readonly string[]> {
    const { pk } = modelListKey("");
    const items = await this.#table.queryAll({ condition: "pk = :pk", values: { ":pk": text(pk) } });
    const names = items.map((item) => decodeName(stringAt(item, "sk") ?? "")).sort();
    const left = await Promise.all(names.map(async (name) => (await this.versions(name, { limit: 1 })).length > 0));
    return names.filter((_, i) => left[i]);
  }

  async version(name: string, version: string): Promise<ModelRecord | undefined> {
    const item = await this.#table.get(modelKey(name, version));
    return item && parseRecord(`model ${name}:${version}`, "record", stringAt(item, "record"));
  }

  async versions(name: string, { limit }: { readonly limit?: number } = {}): Promise<readonly ModelRecord[]> {
    const found: ModelRecord[] = [];
    const query = { ...below(name, modelVersionPrefix), descending: true };
    for await (const page of this.#table.query(limit === undefined ? query : { ...query, pageSize: limit })) {
      found.push(...page.map((item) => parseRecord<ModelRecord>(`model ${name}`, "record", stringAt(item, "record"))));
      if (limit !== undefined && found.length >= limit) return found.slice(0, limit);
    }
    return found;
  }

  async delete(name: string, version: string): Promise<void> {
    const aliases = [...(await this.aliases(name))].filter(([, target]) => target === version);
    await Promise.all(aliases.map(([alias]) => this.setAlias(name, alias, undefined)));
    await this.#table.delete(modelKey(name, version));
  }

  async aliases(name: string): Promise<ReadonlyMap<string, string>> {
    const items = await this.#table.queryAll(below(name, modelAliasPrefix));
    return new Map(
      items.map((item) => [
        decodeName((stringAt(item, "sk") ?? "").slice(modelAliasPrefix.length)),
        stringAt(item, "version") ?? "",
      ]),
    );
  }

  async setAlias(name: string, alias: string, version: string | undefined): Promise<void> {
    const key = modelAliasKey(name, alias);
    if (version === undefined) await this.#table.delete(key);
    else await this.#table.put(key, { version: text(version) }, `alias ${name}:${alias}`);
  }
}

function below(name: string, prefix: string): Query {
  return {
    condition: "pk = :pk AND begins_with(sk, :prefix)",
    values: { ":pk": text(modelKey(name, "").pk), ":prefix": text(prefix) },
    consistent: true,
  };
}
