import type { ArtifactRef } from "../data/store.ts";
import type { Json } from "../flow/definition.ts";
import type { TaskKey } from "./records.ts";

/** One version of a model: immutable. */
export interface ModelRecord {
  readonly name: string;
  /** Versions sort by time. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Where its value is; never inline. */
  readonly ref: ArtifactRef;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, Json>>;
  /** The task that made it; absent where it was saved outside of a run, or imported. */
  readonly source?: ModelSource;
}

export interface ModelSource extends TaskKey {
  readonly flow: string;
  readonly run: string;
  readonly attempt: number;
}

/** Versions of models, and names that point to one of them. */
export interface ModelRecords {
  /** A version that is there already stays as it is. */
  put(model: ModelRecord): Promise<void>;
  names(): Promise<readonly string[]>;
  version(name: string, version: string): Promise<ModelRecord | undefined>;
  /** Newest first. */
  versions(name: string, options?: { readonly limit?: number }): Promise<readonly ModelRecord[]>;
  /** Its aliases go with it. */
  delete(name: string, version: string): Promise<void>;
  /** Version by alias. */
  aliases(name: string): Promise<ReadonlyMap<string, string>>;
  /** Without a version the alias is removed. */
  setAlias(name: string, alias: string, version: string | undefined): Promise<void>;
}
