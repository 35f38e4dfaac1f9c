import { join } from "node:path";
import { storeFolder } from "../../lib/client/open.ts";
import { ArtifactFile } from "../../lib/data/file.ts";
import type { PythonModelFile } from "../../lib/model/python/host.ts";
import { isPythonService } from "../../lib/model/python/service.ts";
import { type LoadedService, loadService } from "../../lib/model/service/load.ts";
import { packAll } from "../../lib/model/service/parts.ts";
import type { Model, Models } from "../../lib/model/store/models.ts";
import { clientOf } from "./client.ts";
import { UsageError } from "./errors.ts";
import { namedStore } from "./store.ts";

export interface PackOptions {
  /** `FIELD=MODEL`, such as `model=iris:production`. */
  readonly model: readonly string[];
  readonly store?: string;
}

export interface PackedService extends LoadedService {
  /** The versions of the store's models that were packed, by field: `iris:20261123-184309-417-7kq2`. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Loads a service's file, and packs models of the store into it. */
export async function loadPacked(target: string, { model, store }: PackOptions): Promise<PackedService> {
  const folder = storeFolder(store === "aws" ? undefined : namedStore(store));
  const loaded = await loadService(target, { cacheDir: join(folder, "cache") });
  const origins = new Map<string, string>();
  if (model.length === 0) return { ...loaded, origins };
  await using client = await clientOf(store);
  const values = new Map<string, unknown>();
  for (const text of model) {
    const [, field, reference] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (field === undefined || reference === undefined) {
      throw new UsageError(
        `--model takes FIELD=MODEL; received ${JSON.stringify(text)}.`,
        "Write model=iris:production.",
      );
    }
    const model = await client.models.get(reference);
    const { name, version } = model;
    values.set(field, isPythonService(loaded.service) ? await asFile(client.models, model) : await model.value());
    origins.set(field, `${name}:${version}`);
  }
  packAll(loaded.service, values);
  return { ...loaded, origins };
}

/** A model as Python reads it: what Python has pickled is nothing to anybody else. The file goes when this process ends. */
async function asFile(models: Models, model: Model): Promise<PythonModelFile> {
  const { name, ref } = model;
  return { codec: ref.codec, type: ref.type, file: new ArtifactFile(name, await models.bytes(model)).path() };
}
