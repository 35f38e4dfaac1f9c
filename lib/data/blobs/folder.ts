import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMillraceError } from "../../errors.ts";
import { BlobMissingError, StoreError } from "../errors.ts";
import type { Blob, BlobStore } from "../store.ts";
import { identify, pack, pathOf, unpack, unpackPieces, unpackSync } from "./content.ts";

const readSize = 8 * 2 ** 20;

/**
 * Blobs in a folder: `<root>/blobs/ab/cdef…`. A file appears under its name only when it is complete, so that a process that is killed
 * leaves at most a temporary file; damage of any other kind shows when it is read.
 */
export class FolderBlobStore implements BlobStore {
  readonly #root: string;

  /** @param root The store's folder; made with the first blob. */
  constructor(root: string) {
    this.#root = join(root, "blobs");
  }

  async put(bytes: Uint8Array): Promise<Blob> {
    const blob = identify(bytes);
    const file = this.#file(blob);
    try {
      if (!(await isStored(file, blob))) await write(file, await pack(blob, bytes));
    } catch (error) {
      throw explained(error, file);
    }
    return blob;
  }

  async get(blob: Blob): Promise<Uint8Array> {
    const file = this.#file(blob);
    const { bytes, digest } = await read(file).catch((error: unknown) => {
      throw unread(error, file);
    });
    return await unpack(blob, bytes, file, digest);
  }

  async *pieces(blob: Blob): AsyncGenerator<Uint8Array> {
    const file = this.#file(blob);
    try {
      yield* unpackPieces(blob, fs.createReadStream(file), file);
    } catch (error) {
      throw isMillraceError(error) ? error : unread(error, file);
    }
  }

  getSync(blob: Blob): Uint8Array {
    const file = this.#file(blob);
    let stored: Uint8Array;
    try {
      stored = fs.readFileSync(file);
    } catch (error) {
      throw unread(error, file);
    }
    return unpackSync(blob, stored, file);
  }

  #file(blob: Blob): string {
    return join(this.#root, pathOf(blob));
  }
}

/** A machine that lost power may have kept a file's name without its content: such a file is written again. */
async function isStored(file: string, blob: Blob): Promise<boolean> {
  const found = await fs.promises.stat(file).catch(ignoreMissing);
  if (found === undefined) return false;
  return blob.compression === undefined ? found.size === blob.size : found.size > 0;
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  const handle = await fs.promises.open(temporary, "wx").catch(async (error) => {
    if (!hasCode(error, "ENOENT")) throw error;
    await fs.promises.mkdir(dirname(file), { recursive: true });
    return await fs.promises.open(temporary, "wx");
  });
  try {
    await writeAll(handle, bytes).finally(() => handle.close());
    await fs.promises.rename(temporary, file);
  } catch (error) {
    await fs.promises.rm(temporary, { force: true });
    throw error;
  }
}

/** One call of the operating system takes at most 2 GiB; `writeFile` would go through it in steps of 512 KB. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await handle.write(bytes, done, Math.min(bytes.byteLength - done, 2 ** 30))).bytesWritten;
  }
}

/** Hashes one piece while the operating system reads the next: a large file takes as long as the slower of the two. */
async function read(file: string): Promise<{ bytes: Uint8Array; digest: string }> {
  const digest = createHash("sha256");
  const handle = await fs.promises.open(file, "r");
  try {
    const bytes = new Uint8Array((await handle.stat()).size);
    const piece = (start: number) => handle.read(bytes, start, Math.min(readSize, bytes.byteLength - start));
    let done = 0;
    let next = piece(0);
    while (done < bytes.byteLength) {
      const { bytesRead } = await next;
      if (bytesRead === 0) break;
      next = piece(done + bytesRead);
      digest.update(bytes.subarray(done, done + bytesRead));
      done += bytesRead;
    }
    await next;
    return { bytes: bytes.subarray(0, done), digest: digest.digest("hex") };
  } finally {
    await handle.close();
  }
}

const advice: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  EACCES: ["permission is denied", "Give the user that runs it write access to the folder, or name another store."],
  EPERM: ["permission is denied", "Give the user that runs it write access to the folder, or name another store."],
  EROFS: ["the file system is read-only", "Name a store in a folder that can be written to."],
  ENOSPC: ["the disk is full", "Free space on the disk, or name a store on another one."],
  EDQUOT: ["the disk quota is used up", "Free space, or name a store on another disk."],
  ENOTDIR: ["a part of the path is a file, not a folder", "Move the file away, or name another store."],
  EMFILE: ["the process has too many open files", "Raise the limit with `ulimit -n`, or run fewer tasks at a time."],
};

function unread(error: unknown, file: string): unknown {
  return hasCode(error, "ENOENT") ? new BlobMissingError(file, error) : explained(error, file);
}

function explained(error: unknown, file: string): unknown {
  const code = codeOf(error);
  const [problem, fix] = advice[code] ?? [
    error instanceof Error ? error.message : String(error),
    "Check the folder, or name another store.",
  ];
  return new StoreError(`The store cannot use ${file}: ${problem}.`, { fix, cause: error });
}

function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, "ENOENT")) return undefined;
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
