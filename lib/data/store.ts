/** Content-addressed bytes: immutable, deduplicated, the same layout in a folder and in S3. */
export interface BlobStore {
  /** Stores the bytes unless they are there already. */
  put(bytes: Uint8Array): Promise<Blob>;
  /** @throws BlobMissingError, BlobCorruptError */
  get(blob: Blob): Promise<Uint8Array>;
  /** As {@link get}, a piece after the other, for who needs no more than one at a time. That it is corrupt shows at its end. */
  pieces(blob: Blob): AsyncIterable<Uint8Array>;
  /** For a value that is touched without having been loaded before: blocks the thread. */
  getSync(blob: Blob): Uint8Array;
}

export interface Blob {
  /** SHA-256 of the bytes before compression, in hex. */
  readonly hash: string;
  /** Bytes before compression. */
  readonly size: number;
  readonly compression?: "zstd";
}

/** How a value became bytes, and where they are. */
export interface ArtifactRef extends Blob {
  readonly codec: string;
  /** What the value is, for people: `number`, `Array(3)`, `Float64Array(1000)`, … */
  readonly type: string;
  /** The bytes themselves where they are few, as text (JSON) or in base64; nothing is in the blob store then. */
  readonly inline?: string;
}

/** All artifacts that are visible after a task, by name. */
export type Manifest = Readonly<Record<string, ArtifactRef>>;
