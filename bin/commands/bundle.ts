import { relative } from "node:path";
import { readManifest } from "../../lib/model/bundle/read.ts";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { loadPacked, type PackOptions } from "../terminal/packed-service.ts";

interface BundleOptions extends PackOptions {
  readonly json?: true;
  readonly output?: string;
  readonly version?: string;
}

/** Writes a service's bundle. */
export async function bundle(target: string, options: BundleOptions): Promise<void> {
  const { json, output, version } = options;
  const { service, file, origins } = await loadPacked(target, options);
  const folder = await saveBundle(service, output, { file, origins, ...(version !== undefined && { version }) });
  const manifest = await readManifest(folder);
  if (json) console.log(JSON.stringify({ folder, name: manifest.name, version: manifest.version }));
  else console.log(`${manifest.name} ${manifest.version} in ${relative(process.cwd(), folder) || "."}`);
}
