import { join } from "node:path";
import { storeFolder } from "../../lib/client/open.ts";
import { type LoadedService, loadService } from "../../lib/model/service/load.ts";
import { packFromStore } from "../../lib/model/store/pack.ts";
import { clientOf } from "./client.ts";
import { UsageError } from "./errors.ts";
import { namedStore } from "./store.ts";

export interface PackOptions {
  /** `FIELD=MODEL`, such as `model=iris:production`. */
  readonly model?: readonly string[];
  readonly store?: string;
}

export interface PackedService extends LoadedService {
  /** The versions of the store's models that were packed, by field: `iris:20261123-184309-417-7kq2`. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Loads a service's file, and packs models of the store into it. */
export async function loadPacked(target: string, { model = [], store }: PackOptions): Promise<PackedService> {
  const folder = storeFolder(store === "aws" ? undefined : namedStore(store));
  const loaded = await loadService(target, { cacheDir: join(folder, "cache") });
  if (model.length === 0) return { ...loaded, origins: new Map() };
  const references = model.map(readReference);
  await using client = await clientOf(store);
  return { ...loaded, origins: await packFromStore(loaded.service, client.models, references) };
}

function readReference(text: string): readonly [path: string, reference: string] {
  const [, path, reference] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (path !== undefined && reference !== undefined) return [path, reference];
  throw new UsageError(`--model takes FIELD=MODEL; received ${JSON.stringify(text)}.`, "Write model=iris:production.");
}
