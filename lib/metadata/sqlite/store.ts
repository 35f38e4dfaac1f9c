import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { AttemptUnknownError, MetadataStoreError, RunExistsError, RunUnknownError } from "../errors.ts";
import { sortTasks } from "../order.ts";
import { sameOwner, withLiveness } from "../owner.ts";
import { parseRecord, taskName } from "../parse.ts";
import type { Failure, LogPointer, RunRecord, TaskCommit, TaskRecord } from "../records.ts";
import type { MetadataStore, RunEnd, TaskAddress } from "../store.ts";
import { superseded } from "../superseded.ts";
import { openDatabase, openToRead, storeError } from "./database.ts";
import { insertDeployment, SqliteDeploymentRecords } from "./deployments.ts";
import { GroupCommit } from "./group-commit.ts";
import { SqliteLineageRecords } from "./lineage.ts";
import { insertModel, SqliteModelRecords } from "./models.ts";
import { type Row, runFromRow, type StoredAttempt, taskFromRow } from "./rows.ts";
import { type Statements, statements } from "./statements.ts";

/** The records of a store in a folder: one SQLite file, `metadata.db`, which several processes may use at a time. */
export class SqliteMetadataStore implements MetadataStore {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  readonly #writes: GroupCommit;
  readonly models: SqliteModelRecords;
  readonly deployments: SqliteDeploymentRecords;
  readonly lineage: SqliteLineageRecords;
  readonly #runIds = new Map<string, number>();

  /**
   * @param options.create - Whether a store is made where there is none. Default true; where it is false, one that cannot be written can be read.
   * @throws MetadataStoreError where there is no store to read, or the file is damaged, not writable, locked, or of a newer version.
   */
  constructor(folder: string, options: { readonly create?: boolean } = {}) {
    this.#file = join(folder, "metadata.db");
    const isThere = options.create === false;
    if (isThere && !existsSync(this.#file)) {
      throw new MetadataStoreError("STORE_MISSING", `There is no store in ${folder}.`, {
        fix: "Run a flow first, or name the store's folder with MILLRACE_STORE.",
        at: { file: this.#file },
      });
    }
    this.#database = isThere ? openToRead(this.#file) : openDatabase(this.#file);
    this.#sql = statements(this.#database);
    this.#writes = new GroupCommit(this.#database, this.#sql, (error) => storeError(error, this.#file));
    const records = [this.#sql, this.#writes, <T>(query: () => T[]) => this.#read(query)] as const;
    this.models = new SqliteModelRecords(...records);
    this.deployments = new SqliteDeploymentRecords(...records);
    this.lineage = new SqliteLineageRecords(...records);
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    this.#writes.flush();
    this.#database.close();
  }

  beginRun(run: RunRecord): Promise<void> {
    const row = {
      flow: run.flow,
      run: run.run,
      status: run.status,
      startedAt: run.startedAt,
      endedAt: run.endedAt ?? null,
      parameters: JSON.stringify(run.parameters),
      steps: json(run.steps),
      owner: JSON.stringify(run.owner),
      failure: json(run.failure),
    };
    return this.#writes.write(() => {
      const { changes, lastInsertRowid } = this.#sql("insertRun").run(row);
      if (changes === 0) {
        const found = this.#sql("runId").get(run.flow, run.run)?.owner;
        const owner = parseRecord<RunRecord["owner"]>(`run ${run.flow}/${run.run}`, "owner", found);
        if (!sameOwner(owner, run.owner)) throw new RunExistsError(run.flow, run.run, owner);
      } else {
        for (const tag of run.tags) this.#sql("addTag").run(lastInsertRowid, tag);
      }
    });
  }

  startAttempt(
    task: TaskAddress,
    token: string,
    startedAt: string,
    log?: LogPointer,
  ): Promise<{ attempt: number; committed?: TaskCommit }> {
    const begun = { token, startedAt, status: "running" as const, ...(log && { log }) };
    const first = JSON.stringify([{ attempt: 0, ...begun }]);
    return this.#writes.write(() => {
      const { flow, run, step, path, visit } = task;
      const runId = this.#runId(flow, run);
      const { changes } = this.#sql("insertTask").run({ run: runId, step, path, visit, attempts: first });
      if (changes === 1) return { attempt: 0 };
      const { id, attempts, committed } = this.#find(task);
      const same = attempts.findIndex((other) => other.token === token);
      const attempt = same === -1 ? attempts.length : same;
      if (committed !== null) return { attempt, committed: readCommit(task, committed) };
      if (same === -1) this.#update(id, [...attempts, { attempt, ...begun }], null);
      return { attempt };
    });
  }

  failAttempt(task: TaskAddress, token: string, endedAt: string, failure: Failure): Promise<void> {
    return this.#writes.write(() => {
      const { id, attempts, at, attempt, committed } = this.#findAttempt(task, token);
      if (attempt.status !== "running") return;
      this.#update(id, attempts.with(at, { ...attempt, status: "failed", endedAt, failure }), committed);
    });
  }

  commit(task: TaskAddress, token: string, endedAt: string, commit: TaskCommit): Promise<TaskCommit> {
    const text = JSON.stringify(commit);
    return this.#writes.write(() => {
      const { id, attempts, at, attempt, committed } = this.#findAttempt(task, token);
      if (committed === null) {
        const { failure, ...begun } = attempt;
        this.#update(id, attempts.with(at, { ...begun, status: "succeeded", endedAt }), text);
        for (const model of commit.models ?? []) insertModel(this.#sql, model);
        if (commit.deployment) insertDeployment(this.#sql, commit.deployment);
        return commit;
      }
      const winner = readCommit(task, committed);
      if (attempt.status === "running") {
        const late = { ...attempt, status: "failed" as const, endedAt, failure: superseded(winner) };
        this.#update(id, attempts.with(at, late), committed);
      }
      return winner;
    });
  }

  endRun(flow: string, run: string, end: RunEnd): Promise<void> {
    const failure = json(end.failure);
    const ended = this.#writes.write(() => {
      const id = this.#runId(flow, run);
      const { status, endedAt, redrive = 0 } = end;
      this.#sql("endRun").run({ id, status, endedAt, redrive, failure });
    });
    // Nothing comes after it that it could share a transaction with.
    this.#writes.flush();
    return ended;
  }

  addTags(flow: string, run: string, tags: readonly string[]): Promise<void> {
    return this.#writes.write(() => {
      const id = this.#runId(flow, run);
      for (const tag of tags) this.#sql("addTag").run(id, tag);
    });
  }

  removeTags(flow: string, run: string, tags: readonly string[]): Promise<void> {
    return this.#writes.write(() => {
      const id = this.#runId(flow, run);
      for (const tag of tags) this.#sql("removeTag").run(id, tag);
    });
  }

  async flows(): Promise<readonly string[]> {
    return this.#read(() => this.#sql("flows").all()).map((row) => String(row.flow));
  }

  async run(flow: string, run: string): Promise<RunRecord | undefined> {
    return this.#read(() => this.#sql("run").all(flow, run)).map(toRun)[0];
  }

  async runs(
    flow: string,
    options: { readonly limit?: number; readonly tag?: string; readonly before?: string } = {},
  ): Promise<readonly RunRecord[]> {
    const { tag, before = "\u{10ffff}", limit = -1 } = options;
    return this.#read(() =>
      tag === undefined
        ? this.#sql("runs").all({ flow, before, limit })
        : this.#sql("taggedRuns").all({ flow, before, limit, tag }),
    ).map(toRun);
  }

  async latestRun(flow: string, which: "any" | "succeeded"): Promise<RunRecord | undefined> {
    const any = which === "any" ? 1 : 0;
    return this.#read(() => this.#sql("latestRun").all({ flow, any })).map(toRun)[0];
  }

  async steps(flow: string, run: string): Promise<readonly string[]> {
    return this.#read(() => this.#sql("steps").all(this.#findRun(flow, run))).map((row) => String(row.step));
  }

  async task({ flow, run, step, path, visit }: TaskAddress): Promise<TaskRecord | undefined> {
    const rows = this.#read(() => this.#sql("task").all(this.#findRun(flow, run), step, path, visit));
    return rows.map((row) => taskFromRow(`${flow}/${run}`, row))[0];
  }

  async tasks(
    flow: string,
    run: string,
    step: string,
    options: { readonly prefix?: string; readonly path?: string } = {},
  ): Promise<readonly TaskRecord[]> {
    const { path, prefix = "" } = options;
    const [from, to] = path === undefined ? [prefix, `${prefix}\u{10ffff}`] : [path, `${path}\0`];
    const found = this.#read(() => {
      // Row by row: the texts of ten thousand records need not be there at once.
      const rows = this.#sql("tasksUnder").iterate(this.#findRun(flow, run), step, from, to);
      return Array.from(rows, (row) => taskFromRow(`${flow}/${run}`, row));
    });
    return sortTasks(found);
  }

  #find(task: TaskAddress) {
    const { flow, run, step, path, visit } = task;
    const row = this.#sql("attempts").get(this.#runId(flow, run), step, path, visit);
    return {
      id: row?.id as number,
      attempts: row === undefined ? [] : parseRecord<readonly StoredAttempt[]>(name(task), "attempts", row.attempts),
      committed: (row?.committed ?? null) as string | null,
    };
  }

  #findAttempt(task: TaskAddress, token: string) {
    const found = this.#find(task);
    const at = found.attempts.findIndex((other) => other.token === token);
    const attempt = found.attempts[at];
    if (attempt === undefined) throw new AttemptUnknownError(task, token);
    return { ...found, at, attempt };
  }

  #update(id: number, attempts: readonly StoredAttempt[], committed: string | null): void {
    this.#sql("updateTask").run({ id, attempts: JSON.stringify(attempts), committed });
  }

  #runId(flow: string, run: string): number {
    const id = this.#findRun(flow, run);
    if (id === -1) throw new RunUnknownError(flow, run);
    return id;
  }

  /** -1, the id of no run, where there is none. */
  #findRun(flow: string, run: string): number {
    const key = `${flow}\0${run}`;
    let id = this.#runIds.get(key);
    if (id === undefined) {
      const row = this.#sql("runId").get(flow, run);
      if (row === undefined) return -1;
      id = Number(row.id);
      this.#runIds.set(key, id);
    }
    return id;
  }

  /** Sees what this store has been told to write before. */
  #read<T>(query: () => T[]): T[] {
    this.#writes.flush();
    try {
      return query();
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }
}

function toRun(row: Row): RunRecord {
  return withLiveness(runFromRow(row));
}

function name({ flow, run, step, path }: TaskAddress): string {
  return taskName(`${flow}/${run}`, step, path);
}

function readCommit(task: TaskAddress, text: string): TaskCommit {
  return parseRecord(name(task), "commit", text);
}

function json(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
