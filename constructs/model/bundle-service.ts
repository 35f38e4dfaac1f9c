// Runs in the bundling process.
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openClient } from "../../lib/client/client.ts";
import type { BundleManifest } from "../../lib/model/bundle/manifest.ts";
import { readManifest, verifyFiles } from "../../lib/model/bundle/read.ts";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { loadService } from "../../lib/model/service/load.ts";
import type { ModelService, ServiceClass } from "../../lib/model/service/model-service.ts";
import { modelPaths } from "../../lib/model/service/parts.ts";
import { packFromStore } from "../../lib/model/store/pack.ts";
import { DeployError } from "../errors.ts";
import { given } from "../props.ts";
import type { ServiceBundle, ServiceRequest } from "./request.ts";

/** @throws MillraceError where the bundle was changed, the service does not load, or the store has no such model. */
export async function bundleService(request: ServiceRequest): Promise<ServiceBundle> {
  const found = await stat(request.target).catch(() => undefined);
  return found?.isDirectory() ? await readBundle(request) : await makeBundle(request);
}

async function readBundle({ target, models, bundle }: ServiceRequest): Promise<ServiceBundle> {
  const manifest = await readManifest(target);
  const [given] = Object.keys(models);
  if (given !== undefined) {
    throw new DeployError(
      `${target} is a bundle, and ${given} is given for it: a bundle has its models already.`,
      "Give the service's file instead of the bundle, or leave the models out.",
    );
  }
  if (bundle) await verifyFiles(target, manifest.files);
  return { folder: resolve(target), manifest };
}

async function makeBundle({ target, models, store, python, scratch, bundle }: ServiceRequest): Promise<ServiceBundle> {
  const { service, file, discard } = await loadService(target, { cacheDir: ".millrace/cache", ...given({ python }) });
  const folder = await mkdtemp(join(scratch, "service-"));
  if (!bundle) {
    // An asset of a stack that is not to be deployed has to be there all the same.
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\n");
    discard?.();
    return { folder, manifest: manifestOf(service) };
  }
  const origins = await pack(service, models, store);
  const paths = modelPaths(service);
  // Models with a first value have that where none is mounted.
  const codeOnly = origins.size === 0 && paths.some(({ isPacked }) => !isPacked);
  await saveBundle(service, folder, { file, origins, codeOnly });
  return { folder, manifest: await readManifest(folder) };
}

async function pack(service: ModelService, models: ServiceRequest["models"], store: ServiceRequest["store"]) {
  const references = Object.entries(models);
  if (references.length === 0) return new Map<string, string>();
  await using client = await openClient(store);
  return await packFromStore(service, client.models, references);
}

/** As far as it is known without the bundle. */
function manifestOf(service: ModelService): BundleManifest {
  const { name, apis } = describeService(service.constructor as ServiceClass);
  return { format: 1, name, version: "0.0.0", service: name, apis, models: [], files: {} };
}
