import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { thisProcess } from "../../lib/metadata/owner.ts";
import { storeError } from "../../lib/metadata/sqlite/database.ts";
import { GroupCommit } from "../../lib/metadata/sqlite/group-commit.ts";
import { statements } from "../../lib/metadata/sqlite/statements.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import { address, commitOf, runRecord, specifyMetadataStore, time } from "./store-specification.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "records-"));
});

afterEach(() => rm(folder, { recursive: true }));

function startProgram(run: string) {
  const program = join(import.meta.dirname, "programs/two-thousand-tasks.ts");
  return spawn(process.execPath, [program, folder, run], { stdio: ["ignore", "pipe", "inherit"] });
}

async function withStore<T>(work: (store: SqliteMetadataStore) => Promise<T>): Promise<T> {
  const store = new SqliteMetadataStore(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function problem(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    const { code, message, fix, at } = error as { code?: unknown; message: string; fix?: unknown; at?: unknown };
    return { code, message, fix, at };
  }
  throw new Error("It should have failed.");
}

describe("records in SQLite", () => {
  describe("as everywhere", () => {
    specifyMetadataStore(async () => ({ open: () => new SqliteMetadataStore(folder), remove: async () => {} }));
  });

  it("are one file after the store is closed", async () => {
    await withStore((store) => store.beginRun(runRecord()));
    expect(await readdir(folder)).toEqual(["metadata.db"]);
  });

  it("are written before a store closes", async () => {
    const store = new SqliteMetadataStore(folder);
    const begun = store.beginRun(runRecord());
    await store.close();
    await begun;
    await store.close();
    expect(await withStore((again) => again.run("Train", "r1"))).toEqual(runRecord());
  });

  it("of the same turn are committed together, and a refused one fails alone", async () => {
    await withStore(async (store) => {
      await store.beginRun(runRecord());
      const task = address("fit");
      const settled = await Promise.allSettled([
        store.startAttempt(task, "a", time(1)),
        store.commit(task, "unknown", time(2), commitOf(0)),
        store.beginRun(runRecord({ owner: { ...thisProcess(), pid: 1 } })),
        store.startAttempt(address("fit", "", { run: "r2" }), "a", time(1)),
        store.commit(task, "a", time(2), commitOf(0)),
      ]);
      expect(settled.map((each) => (each.status === "rejected" ? each.reason.code : "written"))).toEqual([
        "written",
        "ATTEMPT_UNKNOWN",
        "RUN_EXISTS",
        "RUN_UNKNOWN",
        "written",
      ]);
      expect((await store.task(task))?.committed).toEqual(commitOf(0));
    });
  });

  it("are read by who wrote them without waiting", async () => {
    await withStore(async (store) => {
      const writes = [
        store.beginRun(runRecord()),
        store.startAttempt(address("fit"), "a", time(1)),
        store.commit(address("fit"), "a", time(2), commitOf(0)),
      ];
      expect((await store.tasks("Train", "r1", "fit")).map(({ committed }) => committed)).toEqual([commitOf(0)]);
      await Promise.all(writes);
    });
  });

  it("of programs that run at once in one store are all there", async () => {
    const runs = ["r1", "r2", "r3"];
    const ends = runs.map((run) => once(startProgram(run), "exit"));
    expect(await Promise.all(ends)).toEqual(runs.map(() => [0, null]));
    await withStore(async (store) => {
      for (const run of runs) {
        expect((await store.run("Train", run))?.status).toBe("succeeded");
        const tasks = await store.tasks("Train", run, "body");
        expect(tasks.filter(({ committed }) => committed !== undefined)).toHaveLength(2_000);
      }
    });
  });

  it("of a program that was killed are readable, with its run as lost", async () => {
    const program = startProgram("r1");
    await once(program.stdout, "data");
    await withStore(async (store) => expect((await store.run("Train", "r1"))?.status).toBe("running"));
    program.kill("SIGKILL");
    await once(program, "exit");
    await withStore(async (store) => {
      const run = await store.run("Train", "r1");
      expect(run).toMatchObject({ status: "lost", owner: { pid: program.pid } });
      expect((await store.latestRun("Train", "any"))?.status).toBe("lost");
      expect((await store.runs("Train")).map(({ status }) => status)).toEqual(["lost"]);
      const tasks = await store.tasks("Train", "r1", "body");
      expect(tasks.length).toBeGreaterThanOrEqual(10);
      for (const { attempts, committed } of tasks) {
        expect(attempts.map(({ status }) => status)).toEqual([committed === undefined ? "running" : "succeeded"]);
      }
    });
  });

  it.each([
    ["this process", thisProcess(), "running"],
    ["an earlier process with this one's id", { ...thisProcess(), began: "earlier" }, "lost"],
    ["a process of another host", { ...thisProcess(), host: "elsewhere.invalid", pid: 1, began: "then" }, "running"],
    ["a process that is not there", { kind: "process", host: hostname(), pid: 2 ** 22 + 1, began: "then" }, "lost"],
  ] as const)("of a run of %s have the status that it has", async (_, owner, status) => {
    await withStore(async (store) => {
      await store.beginRun(runRecord({ owner }));
      expect((await store.run("Train", "r1"))?.status).toBe(status);
      await store.endRun("Train", "r1", { status: "failed", endedAt: time(1) });
      expect((await store.run("Train", "r1"))?.status).toBe("failed");
    });
  });
});

it("takes over a store of the version before, with the lineage of its models", async () => {
  const ref = { hash: "c0ffee", size: 1, codec: "json", type: "number" };
  const model = { name: "iris", version: "v1", createdAt: time(0), ref, metrics: {}, metadata: {} };
  await withStore((store) => store.models.put(model));
  const database = new DatabaseSync(join(folder, "metadata.db"));
  database.exec("DROP TABLE deployments; DROP TABLE lineage; PRAGMA user_version = 2");
  database.close();
  await withStore(async (store) => {
    expect(await store.lineage.from({ kind: "artifact", name: "c0ffee" }, "model")).toEqual(["iris:v1"]);
    expect(await store.deployments.endpoints()).toEqual([]);
  });
});

describe("a store that cannot be written", () => {
  const nobody = 65_534;

  /** Root may write whatever the permissions say. */
  async function withoutPermission(work: () => Promise<void>): Promise<void> {
    for (const name of await readdir(folder)) await chmod(join(folder, name), 0o444);
    await chmod(folder, 0o555);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(nobody);
    try {
      await work();
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(folder, 0o755);
    }
  }

  const reader = () => new SqliteMetadataStore(folder, { create: false });

  it("can be read, and says so where it is to be written", async () => {
    await withStore((store) => store.beginRun(runRecord()));
    await withoutPermission(async () => {
      const store = reader();
      expect((await store.runs("Train")).map(({ run }) => run)).toEqual(["r1"]);
      expect(await problem(() => store.addTags("Train", "r1", ["x"]))).toMatchObject({ code: "STORE_UNWRITABLE" });
      await store.close();
      expect(await readdir(folder)).toEqual(["metadata.db"]);
    });
  });

  it("is read with what its runner had written when it was killed, or not at all", async () => {
    const runner = startProgram("killed");
    await once(runner.stdout, "data");
    runner.kill("SIGKILL");
    await once(runner, "exit");
    await withoutPermission(async () => {
      const store = reader();
      expect((await store.runs("Train")).map(({ run }) => run)).toEqual(["killed"]);
      await store.close();
    });

    await rm(join(folder, "metadata.db-shm"));
    await withoutPermission(async () => {
      expect(await problem(reader)).toMatchObject({ code: "STORE_UNWRITABLE" });
    });
  });
});

describe("a store that cannot be used", () => {
  const file = () => join(folder, "metadata.db");

  it("is not made by one who only reads", async () => {
    const missing = join(folder, "nowhere");
    expect(await problem(() => new SqliteMetadataStore(missing, { create: false }))).toEqual({
      code: "STORE_MISSING",
      message: `There is no store in ${missing}.`,
      fix: "Run a flow first, or name the store's folder with MILLRACE_STORE.",
      at: { file: join(missing, "metadata.db") },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("because its file is no database", async () => {
    await writeFile(file(), "once upon a time there was a text file, longer than a database's header ".repeat(20));
    expect(await problem(() => new SqliteMetadataStore(folder))).toEqual({
      code: "STORE_CORRUPT",
      message: "The store's database is damaged: file is not a database.",
      fix: "Restore the file from a backup, or move it away (with -wal and -shm) to begin with an empty one.",
      at: { file: file() },
    });
  });

  it("because its file is damaged inside", async () => {
    await withStore(async (store) => {
      await store.beginRun(runRecord({ parameters: { long: "x".repeat(100_000) } }));
    });
    const handle = await open(file(), "r+");
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(size - 4_096, 0xff), 0, size - 4_096, 4_096);
    await handle.close();
    const read = () => withStore((store) => store.runs("Train"));
    expect(await problem(read)).toMatchObject({ code: "STORE_CORRUPT", at: { file: file() } });
    const write = () => withStore((store) => store.beginRun(runRecord({ run: "r2" })));
    expect(await problem(write)).toMatchObject({ code: "STORE_CORRUPT", at: { file: file() } });
  });

  it("because a newer version made it", async () => {
    new DatabaseSync(file()).exec("PRAGMA user_version = 9");
    expect(await problem(() => new SqliteMetadataStore(folder))).toEqual({
      code: "STORE_VERSION",
      message: "The store has version 9; this Millrace knows versions up to 3.",
      fix: "Update the package (npm install millrace@latest), or choose another folder with MILLRACE_STORE.",
      at: { file: file() },
    });
  });

  it("because its folder is a file", async () => {
    await writeFile(join(folder, "file"), "");
    expect(await problem(() => new SqliteMetadataStore(join(folder, "file", "store")))).toMatchObject({
      code: "STORE_UNWRITABLE",
      fix: `Make ${join(folder, "file", "store")} a folder that you may write to, or choose another one with MILLRACE_STORE.`,
    });
  });

  it("because its database is a folder", async () => {
    await mkdir(file());
    expect(await problem(() => new SqliteMetadataStore(folder))).toMatchObject({
      code: "STORE_UNWRITABLE",
      message: "The store's database cannot be opened or written: unable to open database file.",
      at: { file: file() },
    });
  });

  it("because there is no room left: everything written in that turn fails, what was there stays", async () => {
    const database = new DatabaseSync(file());
    database.exec("CREATE TABLE notes (text TEXT); PRAGMA max_page_count = 8");
    const writes = new GroupCommit(database, statements(database), (error) => storeError(error, file()));
    const insert = database.prepare("INSERT INTO notes VALUES (?)");
    await writes.write(() => insert.run("first"));
    const settled = await Promise.allSettled([
      writes.write(() => insert.run("second")),
      writes.write(() => insert.run("x".repeat(100_000))),
    ]);
    expect(settled.map((each) => each.status === "rejected" && each.reason)).toEqual([
      expect.objectContaining({ code: "STORE_FULL", at: { file: file() } }),
      expect.objectContaining({ message: "There is no room left for the store's database: database or disk is full." }),
    ]);
    await writes.write(() => insert.run("third"));
    expect(database.prepare("SELECT text FROM notes").all()).toEqual([{ text: "first" }, { text: "third" }]);
    database.close();
  });

  it("because a record in it is not one: it is named", async () => {
    await withStore(async (store) => {
      await store.beginRun(runRecord());
      await store.startAttempt(address("fit", "3"), "a", time(1));
      await store.commit(address("fit", "3"), "a", time(2), commitOf(0));
      const database = new DatabaseSync(file());
      database.exec(`UPDATE runs SET parameters = '{"alpha":'; UPDATE tasks SET committed = 'gone'`);
      database.close();
      const fix = "The record was damaged or written by another program: restore it from a backup, or delete the run.";
      expect(await problem(() => store.run("Train", "r1"))).toMatchObject({
        code: "RECORD_CORRUPT",
        message: String.raw`The parameters of run Train/r1 cannot be read: "{\"alpha\":".`,
        fix,
      });
      expect(await problem(() => store.tasks("Train", "r1", "fit"))).toMatchObject({
        code: "RECORD_CORRUPT",
        message: 'The commit of task Train/r1/fit at 3 cannot be read: "gone".',
        fix,
      });
      expect(await problem(() => store.startAttempt(address("fit", "3"), "b", time(3)))).toMatchObject({
        code: "RECORD_CORRUPT",
        message: 'The commit of task Train/r1/fit at 3 cannot be read: "gone".',
      });
    });
  });
});
