import { hash } from "node:crypto";
import { createTarPacker } from "modern-tar";
import { artifactPieces } from "../../data/artifacts.ts";
import type { BlobStore } from "../../data/store.ts";
import type { BundleManifest } from "../../model/bundle/manifest.ts";
import { manifestFile } from "../../model/bundle/manifest-file.ts";
import type { ServiceModel } from "./models.ts";

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
  return { hash: hash("sha256", manifest), pieces: () => gzipped(archive(manifest, models, blobs)) };
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

function archive(manifest: string, models: readonly ServiceModel[], blobs: BlobStore): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const add = async (name: string, size: number, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    const header = { name, size, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) } as const;
    const writer = controller.add(header).getWriter();
    for await (const piece of pieces) await writer.write(piece);
    await writer.close();
  };
  const addAll = async () => {
    await add(manifestFile, Buffer.byteLength(manifest), [Buffer.from(manifest)]);
    for (const { path, ref } of models) await add(fileOf(path), ref.size, artifactPieces(ref, blobs));
    controller.finalize();
  };
  addAll().catch((error: unknown) => controller.error(error));
  return readable;
}

/** Fast, since models are numbers, which hardly shrink. */
async function* gzipped(content: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGzip } = process.getBuiltinModule("node:zlib");
  const { pipeline } = process.getBuiltinModule("node:stream/promises");
  const gzip = createGzip({ level: 1 });
  // What goes wrong on the way is thrown where the pieces are taken.
  pipeline(content, gzip).catch(() => {});
  yield* gzip;
}
