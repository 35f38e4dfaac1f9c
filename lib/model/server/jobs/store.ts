import { DatabaseSync } from "node:sqlite";
import type { Content } from "../../service/media.ts";

export type JobStatus = "running" | "succeeded" | "failed" | "cancelled";

export interface JobRecord {
  readonly id: string;
  readonly api: string;
  readonly status: JobStatus;
  /** ISO 8601, UTC. */
  readonly submittedAt: string;
  readonly endedAt?: string;
}

/** Hours that a job is kept for after it was submitted. */
const kept = 24;

/** Jobs in a file, which all processes of a server share. */
export class JobStore {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: 5_000 });
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS jobs (
        id TEXT PRIMARY KEY, api TEXT NOT NULL, status TEXT NOT NULL, pid INTEGER NOT NULL,
        submitted_at TEXT NOT NULL, ended_at TEXT, type TEXT, name TEXT, body BLOB
      ) STRICT;`);
  }

  begin(id: string, api: string): JobRecord {
    const now = new Date();
    const oldest = new Date(now.getTime() - kept * 3_600_000).toISOString();
    this.#database.prepare("DELETE FROM jobs WHERE submitted_at < ? AND status <> 'running'").run(oldest);
    const submittedAt = now.toISOString();
    this.#database
      .prepare("INSERT INTO jobs (id, api, status, pid, submitted_at) VALUES (?, ?, 'running', ?, ?)")
      .run(id, api, process.pid, submittedAt);
    return { id, api, status: "running", submittedAt };
  }

  /** Ends a job that runs; one that has ended stays as it is. */
  end(id: string, status: Exclude<JobStatus, "running">, content?: Content): void {
    const body =
      content === undefined ? null : typeof content.body === "string" ? Buffer.from(content.body) : content.body;
    this.#database
      .prepare(
        "UPDATE jobs SET status = ?, ended_at = ?, type = ?, name = ?, body = ? WHERE id = ? AND status = 'running'",
      )
      .run(status, new Date().toISOString(), content?.type ?? null, content?.name ?? null, body, id);
  }

  /** A job whose process has died without a word has failed. */
  find(id: string): JobRecord | undefined {
    const row = this.#database.prepare("SELECT * FROM jobs WHERE id = ?").get(id);
    if (row === undefined) return undefined;
    if (row.status === "running" && !lives(Number(row.pid))) {
      this.end(id, "failed");
      return this.find(id);
    }
    return {
      id,
      api: String(row.api),
      status: row.status as JobStatus,
      submittedAt: String(row.submitted_at),
      ...(row.ended_at !== null && { endedAt: String(row.ended_at) }),
    };
  }

  content(id: string): Content | undefined {
    const row = this.#database.prepare("SELECT type, name, body FROM jobs WHERE id = ?").get(id);
    if (!(row?.body instanceof Uint8Array)) return undefined;
    const { type, name, body } = row;
    return { type: String(type), body, ...(name !== null && { name: String(name) }) };
  }

  close(): void {
    this.#database.close();
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
