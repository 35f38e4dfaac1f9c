import { type ErrorDetails, MillraceError } from "../errors.ts";

/** A folder or bucket that cannot be read from or written to: missing, without permission, full. */
export class StoreError extends MillraceError {
  constructor(message: string, details?: ErrorDetails) {
    super("STORE", message, details);
  }
}

/** The blob that a record points to is not in the store. */
export class BlobMissingError extends MillraceError {
  /** The file or S3 address that was looked for. */
  readonly location: string;

  constructor(location: string, cause?: unknown) {
    super("BLOB_MISSING", `The artifact's content is not in the store: there is no ${location}.`, {
      fix: "Run the step again, or restore the file from a backup of the store.",
      cause,
    });
    this.location = location;
  }
}

/** The blob's content is not what was stored: its hash differs, or it does not decompress. */
export class BlobCorruptError extends MillraceError {
  /** The file or S3 address of the damaged content. */
  readonly location: string;

  constructor(location: string, expected: string, cause?: unknown) {
    super("BLOB_CORRUPT", `${location} is damaged: its content does not have the SHA-256 ${expected}.`, {
      fix: "Delete it and run the step again, or restore it from a backup of the store.",
      cause,
    });
    this.location = location;
  }
}

/** A value that cannot be an artifact. The message begins with its path, such as `this.model.layers[3].activate`. */
export class EncodeError extends MillraceError {
  readonly path: string;

  constructor(path: string, problem: string, fix: string, cause?: unknown) {
    super("ENCODE", `${path} ${problem}.`, { fix, cause });
    this.path = path;
  }
}

/** An artifact that is a file which is not there, or may not be read. */
export function unreadableFile(path: string, cause: unknown): EncodeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncodeError(
    path,
    `is a file that cannot be read: ${reason}`,
    "Write the file before the step returns, and give its right path.",
    cause,
  );
}

/** A value whose getter, `toJSON` or proxy throws. */
export function unreadableValue(path: string, cause: unknown): EncodeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncodeError(
    path,
    `cannot be read to be stored: ${reason}`,
    "Store a plain object, without a getter or toJSON() that throws.",
    cause,
  );
}

/** Stored bytes that their codec cannot read. */
export class DecodeError extends MillraceError {
  constructor(codec: string, problem: string, details?: ErrorDetails) {
    super("DECODE", `An artifact of the codec "${codec}" cannot be read: ${problem}.`, details);
  }
}
