import { createHash, hash } from "node:crypto";
import { promisify } from "node:util";
import type { ZstdOptions } from "node:zlib";
import { isMillraceError } from "../../errors.ts";
import { BlobCorruptError } from "../errors.ts";
import type { Blob } from "../store.ts";

/** Loaded where it is needed: what is small is never compressed, and most artifacts are. */
const zlib = () => process.getBuiltinModule("node:zlib");

type Coder = (bytes: Uint8Array, options: ZstdOptions) => Promise<Uint8Array>;

const smallest = 512;
const sampleSize = 16 * 1024;

/** The address of these bytes and the form in which they are kept. The same bytes always get the same one. */
export function identify(bytes: Uint8Array): Blob {
  const blob = { hash: hash("sha256", bytes, "hex"), size: bytes.byteLength };
  return compressible(bytes) ? { ...blob, compression: "zstd" } : blob;
}

/** The file or key of a blob below `blobs/`: 256 folders, and a suffix that tools know. */
export function pathOf(blob: Blob): string {
  if (!/^[0-9a-f]{64}$/.test(blob.hash))
    throw new BlobCorruptError(`The reference ${JSON.stringify(blob.hash)}`, blob.hash);
  return `${blob.hash.slice(0, 2)}/${blob.hash.slice(2)}${blob.compression === "zstd" ? ".zst" : ""}`;
}

/** The bytes as they are kept. */
export async function pack(blob: Blob, bytes: Uint8Array): Promise<Uint8Array> {
  if (blob.compression !== "zstd") return bytes;
  const compress = promisify(zlib().zstdCompress) as Coder;
  return await compress(bytes, { params: level(), chunkSize: Math.min(blob.size, 2 ** 20) });
}

/**
 * The bytes as they were given to `put`.
 *
 * @param digest The SHA-256 of `stored` in hex, where the caller has it.
 * @throws BlobCorruptError
 */
export async function unpack(blob: Blob, stored: Uint8Array, location: string, digest?: string): Promise<Uint8Array> {
  if (blob.compression !== "zstd") return verify(blob, stored, location, digest);
  const decompress = promisify(zlib().zstdDecompress) as Coder;
  const bytes = await decompress(stored, decompression(blob)).catch((error: unknown) => {
    throw new BlobCorruptError(location, blob.hash, error);
  });
  return verify(blob, bytes, location);
}

/** As {@link unpack}, blocking the thread. */
export function unpackSync(blob: Blob, stored: Uint8Array, location: string): Uint8Array {
  if (blob.compression !== "zstd") return verify(blob, stored, location);
  let bytes: Uint8Array;
  try {
    bytes = zlib().zstdDecompressSync(stored, decompression(blob));
  } catch (error) {
    throw new BlobCorruptError(location, blob.hash, error);
  }
  return verify(blob, bytes, location);
}

/** As {@link unpack}, a piece after the other. */
export async function* unpackPieces(
  blob: Blob,
  stored: AsyncIterable<Uint8Array>,
  location: string,
): AsyncGenerator<Uint8Array> {
  const digest = createHash("sha256");
  let size = 0;
  for await (const piece of blob.compression === "zstd" ? decompressed(blob, stored, location) : stored) {
    size += piece.byteLength;
    // No more than the record says is ever handed out.
    if (size > blob.size) break;
    digest.update(piece);
    yield piece;
  }
  if (size !== blob.size || digest.digest("hex") !== blob.hash) throw new BlobCorruptError(location, blob.hash);
}

async function* decompressed(
  { hash }: Blob,
  stored: AsyncIterable<Uint8Array>,
  location: string,
): AsyncGenerator<Uint8Array> {
  const { pipeline } = process.getBuiltinModule("node:stream/promises");
  const decompress = zlib().createZstdDecompress();
  // What goes wrong on the way is thrown where the pieces are taken.
  pipeline(stored, decompress).catch(() => {});
  try {
    yield* decompress;
  } catch (error) {
    const isUnread = isMillraceError(error) || (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isUnread ? error : new BlobCorruptError(location, hash, error);
  }
}

function level(): ZstdOptions["params"] {
  return { [zlib().constants.ZSTD_c_compressionLevel]: 1 };
}

/** One chunk that holds everything saves a copy; more than the record says is never decompressed, so that a forged blob cannot fill the memory. */
function decompression({ size }: Blob): ZstdOptions {
  return { chunkSize: Math.max(size, 64), maxOutputLength: size };
}

function verify(blob: Blob, bytes: Uint8Array, location: string, digest?: string): Uint8Array {
  const intact = bytes.byteLength === blob.size && (digest ?? hash("sha256", bytes, "hex")) === blob.hash;
  if (!intact) throw new BlobCorruptError(location, blob.hash);
  return bytes;
}

/** Random numbers, images and archives don't shrink: samples of the beginning, the middle and the end tell without trying it all. */
function compressible(bytes: Uint8Array): boolean {
  if (bytes.byteLength < smallest) return false;
  const starts = bytes.byteLength <= 3 * sampleSize ? [0] : [0, bytes.byteLength >>> 1, bytes.byteLength - sampleSize];
  let before = 0;
  let after = 0;
  for (const start of starts) {
    const sample = bytes.subarray(start, start + sampleSize);
    before += sample.byteLength;
    after += zlib().zstdCompressSync(sample, { params: level() }).byteLength;
  }
  return after < before * 0.9;
}
