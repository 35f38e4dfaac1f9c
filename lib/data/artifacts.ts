import { hash } from "node:crypto";
import { codecOf, decode, type Encoded, encode, loadCodec } from "./codecs/index.ts";
import type { ArtifactRef, BlobStore, Manifest } from "./store.ts";

const inlineLimit = 4 * 1024;
const inlineTotal = 32 * 1024;

/** How much of a task's record its small values may fill: 4 KB each, 32 KB together. */
export class InlineBudget {
  #left: number;

  /** @param carried The artifacts that the task passes on as they came: their inline values fill the record too. */
  constructor(carried: Manifest = {}) {
    this.#left = Object.values(carried).reduce((left, ref) => left - (ref.inline?.length ?? 0), inlineTotal);
  }

  /** For what must never be in a record. */
  static none(): InlineBudget {
    const budget = new InlineBudget();
    budget.#left = 0;
    return budget;
  }

  /** Whether a value of so many bytes may travel in the record; takes the room if so. */
  take(size: number): boolean {
    if (size > inlineLimit || size > this.#left) return false;
    this.#left -= size;
    return true;
  }
}

/**
 * Writes an artifact: into the reference itself where it is small, into the blob store otherwise. The value is read before the first
 * `await`; changing it afterwards does no harm, except to bytes, which are written from where they are, and to tables.
 *
 * @param at What the value is called in errors: `this.model`.
 * @throws EncodeError, StoreError
 */
export async function storeArtifact(
  value: unknown,
  at: string,
  blobs: BlobStore,
  budget: InlineBudget,
): Promise<ArtifactRef> {
  const codec = codecOf(value);
  if (codec.load !== undefined) await codec.load();
  return await storeEncoded(encode(value, at), blobs, budget);
}

/** As {@link storeArtifact}, for a value that is already encoded. */
export async function storeEncoded(
  { codec, type, bytes, text }: Encoded,
  blobs: BlobStore,
  budget: InlineBudget,
): Promise<ArtifactRef> {
  if (bytes.byteLength <= inlineLimit) {
    const inline = text ?? Buffer.from(bytes).toString("base64");
    if (budget.take(text === undefined ? inline.length : bytes.byteLength)) {
      return { hash: hash("sha256", bytes, "hex"), size: bytes.byteLength, codec, type, inline };
    }
  }
  return { ...(await blobs.put(bytes)), codec, type };
}

/** Reads an artifact. Each call gives a fresh value. @throws BlobMissingError, BlobCorruptError, DecodeError, StoreError */
export async function loadArtifact(ref: ArtifactRef, blobs: BlobStore): Promise<unknown> {
  const [bytes] = await Promise.all([artifactBytes(ref, blobs), loadCodec(ref.codec)]);
  return decode(ref.codec, bytes, ref.type);
}

/** Awaited once, so that each of the artifacts can be loaded by {@link loadArtifactSync}. */
export async function loadCodecs(manifests: readonly Manifest[]): Promise<void> {
  const names = new Set(manifests.flatMap((manifest) => Object.values(manifest).map(({ codec }) => codec)));
  await Promise.all([...names].map(loadCodec));
}

/** As {@link loadArtifact}, blocking the thread; {@link loadCodecs} must have been awaited. */
export function loadArtifactSync(ref: ArtifactRef, blobs: BlobStore): unknown {
  return decode(ref.codec, inlineBytes(ref) ?? blobs.getSync(ref), ref.type);
}

/** An artifact's bytes, as its codec wrote them. @throws BlobMissingError, BlobCorruptError, StoreError */
export async function artifactBytes(ref: ArtifactRef, blobs: BlobStore): Promise<Uint8Array> {
  return inlineBytes(ref) ?? (await blobs.get(ref));
}

/** As {@link artifactBytes}, a piece after the other: however large it is, it takes little memory. */
export async function* artifactPieces(ref: ArtifactRef, blobs: BlobStore): AsyncGenerator<Uint8Array> {
  const inline = inlineBytes(ref);
  if (inline === undefined) yield* blobs.pieces(ref);
  else yield inline;
}

function inlineBytes({ codec, inline }: ArtifactRef): Uint8Array | undefined {
  return inline === undefined ? undefined : Buffer.from(inline, codec === "json" ? "utf8" : "base64");
}
