import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join, resolve } from "node:path";

const brand = Symbol.for("millrace.file");

const mediaTypes: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".gif": "image/gif",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".md": "text/markdown",
  ".parquet": "application/vnd.apache.parquet",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".zip": "application/zip",
};

/**
 * A file as an artifact: its content is stored when the task ends, and comes back with its name and media type.
 *
 * @example
 * this.report = ArtifactFile.at("report.html");       // in one step
 * await upload(this.report.name, this.report.bytes()); // in a later one, maybe on another machine
 */
export class ArtifactFile {
  readonly [brand] = true;
  /** Without folders. */
  readonly name: string;
  /** Its media type, such as `text/html`. */
  readonly type: string;
  #bytes: Uint8Array | undefined;
  #path: string | undefined;

  /**
   * @param content A string is stored as UTF-8.
   * @param type Its media type. Default: by the name's extension, else `application/octet-stream`.
   */
  constructor(name: string, content: Uint8Array | string, type?: string) {
    this.name = nameOnly(name);
    this.type = type ?? mediaTypes[extname(this.name).toLowerCase()] ?? "application/octet-stream";
    this.#bytes = typeof content === "string" ? Buffer.from(content) : content;
  }

  /** The file at a path: read when its content is asked for, at the latest when the task ends that made it an artifact. At most 2 GiB. */
  static at(path: string, type?: string): ArtifactFile {
    const file = new ArtifactFile(basename(path), "", type);
    file.#bytes = undefined;
    file.#path = resolve(path);
    return file;
  }

  /** In bytes. */
  get size(): number {
    return this.#bytes?.byteLength ?? statSync(this.path()).size;
  }

  bytes(): Uint8Array {
    return this.#bytes ?? readFileSync(this.path());
  }

  /** The content, taken as UTF-8. */
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** Where the file is on this machine, for programs that need one: where it came from, or a temporary file that goes when the thread ends. */
  path(): string {
    if (this.#path === undefined) {
      this.#path = join(mkdtempSync(join(temporaryFolder(), "file-")), this.name);
      writeFileSync(this.#path, this.bytes());
    }
    return this.#path;
  }

  /** Also of another copy of the package: a step's bundle may carry its own. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** Names come out of the store: none may lead out of the temporary folder. */
function nameOnly(name: string): string {
  const last = name.split(/[\\/]/).at(-1)?.replaceAll("\0", "") ?? "";
  return last === "" || last === "." || last === ".." ? "file" : last;
}

let temporary: string | undefined;

function temporaryFolder(): string {
  if (temporary === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    temporary = folder;
  }
  return temporary;
}
