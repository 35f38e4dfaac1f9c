import { InlineBudget, loadArtifact, storeArtifact } from "../../data/artifacts.ts";
import type { BlobStore } from "../../data/store.ts";
import type { ModelOptions } from "../../flow/spec/flow-spec.ts";
import { assertMetrics, assertModelName } from "../../metadata/model-names.ts";
import type { ModelRecord, ModelRecords } from "../../metadata/models.ts";
import { newRunId } from "../../metadata/run-id.ts";
import { ModelError } from "../errors.ts";
import { latest, parseReference } from "./reference.ts";

/** A version of a model, with its value within reach. */
export interface Model<T = unknown> extends ModelRecord {
  /** A fresh value each time. @throws BlobMissingError, BlobCorruptError, DecodeError */
  value(): Promise<T>;
}

/** The models of a store: versions, and aliases that point to them. */
export class Models {
  readonly #records: ModelRecords;
  readonly #blobs: BlobStore;

  constructor(records: ModelRecords, blobs: BlobStore) {
    this.#records = records;
    this.#blobs = blobs;
  }

  names(): Promise<readonly string[]> {
    return this.#records.names();
  }

  /** Newest first. */
  async versions(name: string, options: { readonly limit?: number } = {}): Promise<readonly Model[]> {
    assertModelName(name);
    return (await this.#records.versions(name, options)).map((record) => this.#model(record));
  }

  /**
   * @param reference `iris:VERSION`, `iris:ALIAS`, or `iris` for the newest version.
   * @throws ModelError `MODEL_UNKNOWN` with what there is instead.
   * @example
   * ```ts
   * await using client = await openClient();
   * const svm = await (await client.models.get<Svm>("iris:production")).value();
   * ```
   */
  async get<T = unknown>(reference: string): Promise<Model<T>> {
    const { name, selector } = parseReference(reference);
    const [newest] = selector === undefined ? await this.#records.versions(name, { limit: 1 }) : [];
    const record = selector === undefined ? newest : await this.#find(name, selector);
    if (record !== undefined) return this.#model<T>(record);
    throw await this.#unknown(name, selector);
  }

  /** Saves a version outside of a run. A flow's step saves with `this.saveModel`. @throws MillraceError `MODEL_NAME`, `MODEL_METRICS`; EncodeError */
  async save(name: string, value: unknown, { metrics = {}, metadata = {} }: ModelOptions = {}): Promise<Model> {
    assertModelName(name);
    assertMetrics(name, metrics);
    const ref = await storeArtifact(value, `the model ${name}`, this.#blobs, InlineBudget.none());
    const now = new Date();
    const record = { name, version: newRunId(now), createdAt: now.toISOString(), ref, metrics, metadata };
    await this.#records.put(record);
    return this.#model(record);
  }

  /** Version by alias, but for `latest`. */
  aliases(name: string): Promise<ReadonlyMap<string, string>> {
    assertModelName(name);
    return this.#records.aliases(name);
  }

  /**
   * Lets an alias point to the version that a reference means; to none, without one.
   *
   * @example await models.setAlias("iris", "production", "iris:20261123-184309-417-7kq2")
   * @throws ModelError `MODEL_UNKNOWN`, `MODEL_ALIAS`
   */
  async setAlias(name: string, alias: string, reference: string | undefined): Promise<void> {
    assertModelName(name);
    if (!/^[A-Za-z][\w.-]{0,99}$/.test(alias) || alias === latest) {
      throw new ModelError("MODEL_ALIAS", `${JSON.stringify(alias)} is no alias that can be set.`, {
        fix: `Use letters, digits, ., _ and -, beginning with a letter; ${latest} is always the newest version.`,
      });
    }
    const model = reference === undefined ? undefined : await this.get(reference);
    if (model !== undefined && model.name !== name) {
      throw new ModelError("MODEL_ALIAS", `${reference} is no version of ${name}.`, { fix: `Name one of ${name}.` });
    }
    await this.#records.setAlias(name, alias, model?.version);
  }

  /** @throws ModelError `MODEL_UNKNOWN`; `MODEL_ALIASED` where an alias points to the version. */
  async delete(reference: string): Promise<Model> {
    const model = await this.get(reference);
    const { name, version } = model;
    const pointing = [...(await this.aliases(name))].filter(([, target]) => target === version);
    if (pointing.length > 0) {
      const aliases = pointing.map(([alias]) => alias).join(", ");
      throw new ModelError("MODEL_ALIASED", `${name}:${version} is ${aliases}.`, {
        fix: "Point the alias to another version first, or remove it.",
      });
    }
    await this.#records.delete(name, version);
    return model;
  }

  /** Puts a version that comes from another store; one that is there already stays as it is. @throws ModelError `MODEL_EXISTS` where it has another value. */
  async add(record: ModelRecord, bytes: Uint8Array): Promise<Model> {
    const { codec, type } = record.ref;
    const added = { ...record, ref: { ...(await this.#blobs.put(bytes)), codec, type } };
    await this.#records.put(added);
    const { name, version } = record;
    const stored = (await this.#records.version(name, version)) ?? added;
    if (stored.ref.hash !== added.ref.hash) {
      throw new ModelError("MODEL_EXISTS", `The store has ${name}:${version} already, with another value.`, {
        fix: "A version does not change: delete the one in the store, if it is wrong.",
      });
    }
    return this.#model(stored);
  }

  /** The value's bytes. @throws BlobMissingError, BlobCorruptError */
  async bytes({ ref }: ModelRecord): Promise<Uint8Array> {
    return await this.#blobs.get(ref);
  }

  async #find(name: string, selector: string): Promise<ModelRecord | undefined> {
    const version = (await this.#records.aliases(name)).get(selector) ?? selector;
    return await this.#records.version(name, version);
  }

  async #unknown(name: string, selector: string | undefined): Promise<ModelError> {
    const versions = await this.#records.versions(name, { limit: 5 });
    const known = versions.length > 0 ? versions.map(({ version }) => `${name}:${version}`) : await this.names();
    const aliases = [...(await this.#records.aliases(name)).keys()].map((alias) => `${name}:${alias}`);
    const what = selector === undefined ? name : `${name}:${selector}`;
    return new ModelError("MODEL_UNKNOWN", `There is no model ${what}.`, {
      fix: known.length > 0 ? `There is ${[...aliases, ...known].join(", ")}.` : "The store has no models yet.",
    });
  }

  #model<T>(record: ModelRecord): Model<T> {
    return { ...record, value: async () => (await loadArtifact(record.ref, this.#blobs)) as T };
  }
}
