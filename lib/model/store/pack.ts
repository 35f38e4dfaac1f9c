import { ArtifactFile } from "../../data/file.ts";
import type { PythonModelFile } from "../python/host.ts";
import { isPythonService } from "../python/service.ts";
import type { ModelService } from "../service/model-service.ts";
import { packAll } from "../service/parts.ts";
import type { Model, Models } from "./models.ts";

/**
 * Gives a service versions of a store.
 *
 * @param references by the model's path in the service: `iris:production`
 * @returns the versions that they mean: `iris:20261123-184309-417-7kq2`
 * @throws ModelError `MODEL_UNKNOWN`, `MODEL_NAME`
 */
export async function packFromStore(
  service: ModelService,
  models: Models,
  references: Iterable<readonly [path: string, reference: string]>,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, unknown>();
  const origins = new Map<string, string>();
  for (const [path, reference] of references) {
    const model = await models.get(reference);
    values.set(path, isPythonService(service) ? await asFile(models, model) : await model.value());
    origins.set(path, `${model.name}:${model.version}`);
  }
  packAll(service, values);
  return origins;
}

/** A model as Python reads it: what Python has pickled is nothing to anybody else. The file goes when this process ends. */
async function asFile(models: Models, model: Model): Promise<PythonModelFile> {
  const { name, ref } = model;
  return { codec: ref.codec, type: ref.type, file: new ArtifactFile(name, await models.bytes(model)).path() };
}
