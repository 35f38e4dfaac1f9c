import { hash } from "node:crypto";
import { artifactPieces } from "../../data/artifacts.ts";
import type { BlobStore } from "../../data/store.ts";
import type { BundleManifest } from "../../model/bundle/manifest.ts";
import { manifestFile } from "../../model/bundle/manifest-file.ts";
import type { ServiceModel } from "./models.ts";
import { type TarFile, tar } from "./tar.ts";

/** The archive that SageMaker unpacks into `/opt/ml/model`. */
export interface ModelData {
  /** Of what is in it: the same models have the same one. */
  readonly hash: string;
  /** Its bytes, which are made as they are taken: so it has any size, and takes little memory. */
  pieces(): AsyncIterable<Uint8Array>;
}

/**
 * The models of a service and their manifest, as a bundle has them. Artifacts are stored as a bundle stores its models, so that none is read, and each
 * comes in pieces.
 */
export function modelData(service: string, models: readonly ServiceModel[], blobs: BlobStore): ModelData {
  const manifest = JSON.stringify(manifestOf(service, models));
  return { hash: hash("sha256", manifest), pieces: () => gzipped(tar(filesOf(manifest, models, blobs))) };
}

function manifestOf(service: string, models: readonly ServiceModel[]): BundleManifest {
  const files = models.map(({ path, ref }) => [fileOf(path), { sha256: ref.hash, size: ref.size }] as const);
  return {
    format: 1,
    name: service,
    version: `0.0.0-h${hash("sha256", JSON.stringify(files)).slice(0, 16)}`,
    service,
    apis: [],
    models: models.map(({ path, ref: { codec, type } }) => ({ name: path, file: fileOf(path), codec, type })),
    files: Object.fromEntries(files),
  };
}

function fileOf(path: string): string {
  return `models/${path}`;
}

function* filesOf(manifest: string, models: readonly ServiceModel[], blobs: BlobStore): Generator<TarFile> {
  yield { name: manifestFile, size: Buffer.byteLength(manifest), pieces: [Buffer.from(manifest)] };
  for (const { path, ref } of models) yield { name: fileOf(path), size: ref.size, pieces: artifactPieces(ref, blobs) };
}

/** Fast, since models are numbers, which hardly shrink. */
async function* gzipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGzip } = process.getBuiltinModule("node:zlib");
  const { pipeline } = process.getBuiltinModule("node:stream/promises");
  const gzip = createGzip({ level: 1 });
  // What goes wrong on the way is thrown where the pieces are taken.
  pipeline(content, gzip).catch(() => {});
  yield* gzip;
}
