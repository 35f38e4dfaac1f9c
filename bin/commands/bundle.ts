import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { readManifest } from "../../lib/model/bundle/read.ts";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import type { PythonModelFile } from "../../lib/model/python/host.ts";
import type { ModelService } from "../../lib/model/service/model-service.ts";
import { packAll } from "../../lib/model/service/parts.ts";
import { loadPacked, type PackOptions } from "../terminal/packed-service.ts";

interface BundleOptions extends PackOptions {
  readonly json?: true;
  readonly output?: string;
  readonly version?: string;
  readonly modelFiles?: string;
}

/** Writes a service's bundle. */
export async function bundle(target: string, options: BundleOptions): Promise<void> {
  const { json, output, version } = options;
  const { service, file, origins } = await loadPacked(target, options);
  if (options.modelFiles !== undefined) await packFiles(service, options.modelFiles);
  const folder = await saveBundle(service, output, { file, origins, ...(version !== undefined && { version }) });
  const manifest = await readManifest(folder);
  if (json) console.log(JSON.stringify({ folder, name: manifest.name, version: manifest.version }));
  else console.log(`${manifest.name} ${manifest.version} in ${relative(process.cwd(), folder) || "."}`);
}

/** Models that a Python program has packed into its service. */
async function packFiles(service: ModelService, list: string): Promise<void> {
  const models: readonly (PythonModelFile & { readonly name: string })[] = JSON.parse(await readFile(list, "utf8"));
  packAll(service, new Map(models.map(({ name, ...model }) => [name, model])));
}
