import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { createTar } from "nanotar";
import { artifactBytes } from "../../data/artifacts.ts";
import type { BlobStore } from "../../data/store.ts";
import type { BundleManifest } from "../../model/bundle/manifest.ts";
import { manifestFile } from "../../model/bundle/manifest-file.ts";
import type { ServiceModel } from "./models.ts";

/**
 * The archive that SageMaker unpacks into `/opt/ml/model`: the models of a service and their manifest, as a bundle has them. Artifacts are stored
 * as a bundle stores its models, so that none is read. The same models give the same bytes.
 */
export async function modelData(
  service: string,
  models: readonly ServiceModel[],
  blobs: BlobStore,
): Promise<Uint8Array> {
  const contents = await Promise.all(
    models.map(async ({ path, ref }) => ({
      model: { name: path, file: `models/${path}`, codec: ref.codec, type: ref.type },
      ref,
      bytes: await artifactBytes(ref, blobs),
    })),
  );
  const files = contents.map(({ model, ref }) => [model.file, { sha256: ref.hash, size: ref.size }] as const);
  const manifest: BundleManifest = {
    format: 1,
    name: service,
    version: `0.0.0-h${hash("sha256", JSON.stringify(files)).slice(0, 16)}`,
    service,
    apis: [],
    models: contents.map(({ model }) => model),
    files: Object.fromEntries(files),
  };
  const tar = createTar(
    [
      { name: manifestFile, data: JSON.stringify(manifest) },
      ...contents.map(({ model, bytes }) => ({ name: model.file, data: bytes })),
    ],
    { attrs: { mode: "644", uid: 0, gid: 0, mtime: 0 } },
  );
  return await promisify(gzip)(tar);
}
