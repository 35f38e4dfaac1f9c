import type { ModelService } from "../service/model-service.ts";
import { packAll } from "../service/parts.ts";
import type { Models } from "./models.ts";

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
    const { name, version, value } = await models.get(reference);
    values.set(path, await value());
    origins.set(path, `${name}:${version}`);
  }
  packAll(service, values);
  return origins;
}
