import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { thisProcess } from "../../lib/metadata/owner.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import { performTask } from "../../lib/task/perform.ts";
import { contextsOf, Each } from "./flows.ts";

let folder: string;
let store: SqliteMetadataStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-perform-"));
  store = new SqliteMetadataStore(folder);
  await store.beginRun({
    flow: "Each",
    run: "run",
    status: "running",
    startedAt: new Date().toISOString(),
    parameters: {},
    tags: [],
    owner: thisProcess(),
  });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const context = contextsOf(Each);

/** As a state machine would: `step/path/visit`, and the task before it. */
function perform(task: string, from: string, token = "first") {
  const [step = "", path = "", visit = "0"] = task.split("/");
  const performance = { run: "run", path, visit: Number(visit), from, counts: path === "" ? "" : "3", token };
  return performTask(store, new FolderBlobStore(folder), context(step), Each, performance);
}

describe("a task that a state machine starts", () => {
  test("finds what came before on record, and the commit of end ends the run", async () => {
    expect(await perform("start", "")).toEqual({ count: 3 });
    for (const index of [2, 0, 1]) expect(await perform(`body/${index}/0`, "start//0")).toEqual({});
    expect(await perform("join", "start//0")).toEqual({});
    expect((await store.run("Each", "run"))?.status).toBe("running");
    expect(await perform("end", "join//0")).toEqual({});

    const end = await store.task({ flow: "Each", run: "run", step: "end", path: "", visit: 0 });
    expect(end?.committed?.artifacts.total?.inline).toBe("60");
    expect((await store.run("Each", "run"))?.status).toBe("succeeded");
  });

  test("does not run again where an attempt has won, and answers what that one did", async () => {
    await perform("start", "", "first");
    expect(await perform("start", "", "second")).toEqual({ count: 3 });

    const start = await store.task({ flow: "Each", run: "run", step: "start", path: "", visit: 0 });
    expect(start?.committed?.attempt).toBe(0);
  });

  test("records its failure and throws it under its name", async () => {
    await perform("start", "");
    const broken = { ...context("body"), definition: { ...context("body").definition, transitions: [] } };
    const attempt = performTask(store, new FolderBlobStore(folder), broken, Each, {
      ...{ run: "run", path: "0", visit: 0, from: "start//0", counts: "3", token: "first" },
    });

    await expect(attempt).rejects.toMatchObject({ name: "UNKNOWN_TRANSITION" });
    const body = await store.task({ flow: "Each", run: "run", step: "body", path: "0", visit: 0 });
    expect(body?.attempts).toMatchObject([{ status: "failed", failure: { name: "UNKNOWN_TRANSITION", attempt: 0 } }]);
  });

  test.each([
    ["a join with inputs missing", "join", "start//0", "MISSING_INPUTS"],
    ["a task whose predecessor has committed nothing", "end", "join//0", "NO_PREDECESSOR"],
  ])("refuses %s", async (_, task, from, code) => {
    await perform("start", "");
    await perform("body/1/0", "start//0");
    await expect(perform(task, from)).rejects.toMatchObject({ code });
  });
});
