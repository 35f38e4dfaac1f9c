import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentRecord } from "../../lib/metadata/deployments.ts";
import type { ModelRecord } from "../../lib/metadata/models.ts";
import { thisProcess } from "../../lib/metadata/owner.ts";
import type { RunRecord, TaskCommit } from "../../lib/metadata/records.ts";
import type { MetadataStore, TaskAddress } from "../../lib/metadata/store.ts";

/** A place for records, empty at first; each opening is another program that uses it. */
export interface Place {
  open(): MetadataStore;
  remove(): Promise<void>;
}

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

export function time(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

export function runRecord(change: Partial<RunRecord> = {}): RunRecord {
  return {
    flow: "Train",
    run: "r1",
    status: "running",
    startedAt: time(0),
    parameters: {},
    tags: [],
    owner: thisProcess(),
    ...change,
  };
}

export function address(step: string, path = "", change: Partial<TaskAddress> = {}): TaskAddress {
  return { flow: "Train", run: "r1", step, path, visit: 0, ...change };
}

export function commitOf(attempt: number, change: Partial<TaskCommit> = {}): TaskCommit {
  const x = { hash, size: 1, codec: "json", type: "number", inline: String(attempt) };
  return { attempt, artifacts: { x }, transition: 0, ...change };
}

/** What both implementations of `MetadataStore` do. */
export function specifyMetadataStore(create: () => Promise<Place>): void {
  let place: Place;
  let store: MetadataStore;
  const opened: MetadataStore[] = [];

  function open(): MetadataStore {
    const another = place.open();
    opened.push(another);
    return another;
  }

  beforeEach(async () => {
    place = await create();
    store = open();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await place.remove();
  });

  /** Starts and commits a task in one attempt. */
  async function runTask(task: TaskAddress, commit = commitOf(0), at = 1): Promise<void> {
    await store.startAttempt(task, "t0", time(at));
    await store.commit(task, "t0", time(at + 1), commit);
  }

  describe("a run", () => {
    it("is read back as it was begun", async () => {
      const run = runRecord({
        parameters: { alpha: 0.5, names: ["a", "b"], none: null, nested: { "key #1": true } },
        tags: ["nightly", "production"],
        steps: ["start", "end"],
      });
      await store.beginRun(run);
      expect(await open().run("Train", "r1")).toEqual(run);
    });

    it("is undefined where there is none", async () => {
      expect(await store.run("Train", "r1")).toBeUndefined();
      expect(await store.latestRun("Train", "any")).toBeUndefined();
      expect(await store.latestRun("Train", "succeeded")).toBeUndefined();
      expect(await store.runs("Train")).toEqual([]);
      expect(await store.flows()).toEqual([]);
      expect(await store.steps("Train", "r1")).toEqual([]);
    });

    it("may be begun again by its owner, and keeps what it was begun with", async () => {
      const owner = {
        kind: "execution",
        arn: "arn:aws:states:eu-west-1:1:execution:m:r1",
        startedAt: time(0),
      } as const;
      const run = runRecord({ owner, tags: ["a"] });
      await store.beginRun(run);
      await store.endRun("Train", "r1", { status: "failed", endedAt: time(9) });
      await store.beginRun({ ...run, startedAt: time(1), tags: ["b"] });
      expect(await store.run("Train", "r1")).toEqual({ ...run, status: "failed", endedAt: time(9) });
    });

    it("is refused where another owner has its id", async () => {
      const arn = "arn:aws:states:eu-west-1:1:execution:m:r1";
      await store.beginRun(runRecord({ owner: { kind: "execution", arn, startedAt: time(0) } }));
      const owner = { kind: "execution", arn, startedAt: time(8_000_000) } as const;
      await expect(open().beginRun(runRecord({ owner }))).rejects.toMatchObject({
        code: "RUN_EXISTS",
        message: `There is already a run Train/r1, begun by execution ${arn}.`,
        fix: "Begin under another run id.",
      });
    });

    it("ends with a status, a time and what failed", async () => {
      await store.beginRun(runRecord());
      const failure = { name: "RangeError", message: "too few", task: { step: "a", path: "3", visit: 0 }, attempt: 2 };
      await store.endRun("Train", "r1", { status: "failed", endedAt: time(60), failure });
      expect(await store.run("Train", "r1")).toEqual(runRecord({ status: "failed", endedAt: time(60), failure }));
    });

    it("keeps the end of the latest redrive, and within one the latest, whatever comes in last", async () => {
      await store.beginRun(runRecord());
      const failure = { name: "Error", message: "no" };
      await store.endRun("Train", "r1", { status: "failed", endedAt: time(10), failure });
      await store.endRun("Train", "r1", { status: "interrupted", endedAt: time(9) });
      expect((await store.run("Train", "r1"))?.status).toBe("failed");
      await store.endRun("Train", "r1", { status: "succeeded", endedAt: time(30), redrive: 1 });
      await store.endRun("Train", "r1", { status: "failed", endedAt: time(40), failure });
      expect(await store.run("Train", "r1")).toEqual(runRecord({ status: "succeeded", endedAt: time(30) }));
    });

    it("cannot end, be tagged or untagged before it has begun", async () => {
      const unknown = { code: "RUN_UNKNOWN", message: "There is no run Train/r1." };
      const end = { status: "failed", endedAt: time(1) } as const;
      await expect(store.endRun("Train", "r1", end)).rejects.toMatchObject(unknown);
      await expect(store.addTags("Train", "r1", ["a"])).rejects.toMatchObject(unknown);
      await expect(store.removeTags("Train", "r1", ["a"])).rejects.toMatchObject(unknown);
      expect(await store.run("Train", "r1")).toBeUndefined();
    });
  });

  describe("the runs of a flow", () => {
    async function begin(run: string, start: number, change: Partial<RunRecord> = {}): Promise<void> {
      await store.beginRun(runRecord({ run, startedAt: time(start), ...change }));
    }

    async function ids(runs: Promise<readonly RunRecord[]>): Promise<string[]> {
      return (await runs).map(({ run }) => run);
    }

    it("come newest first, as many as asked for, before a time, with a tag", async () => {
      await begin("b", 20, { tags: ["x"] });
      await begin("a", 30);
      await begin("c", 10, { tags: ["x", "y"] });
      await begin("d", 40, { flow: "Other", tags: ["x"] });
      expect(await ids(store.runs("Train"))).toEqual(["a", "b", "c"]);
      expect(await ids(store.runs("Train", { limit: 2 }))).toEqual(["a", "b"]);
      expect(await ids(store.runs("Train", { before: time(30), limit: 1 }))).toEqual(["b"]);
      expect(await ids(store.runs("Train", { tag: "x" }))).toEqual(["b", "c"]);
      expect(await ids(store.runs("Train", { tag: "x", before: time(20) }))).toEqual(["c"]);
      expect(await ids(store.runs("Train", { tag: "x", limit: 1 }))).toEqual(["b"]);
      expect(await ids(store.runs("Train", { tag: "z" }))).toEqual([]);
    });

    it("have a latest by start and a latest that succeeded, in whatever order they begin and end", async () => {
      await begin("new", 30);
      await begin("old", 10);
      await begin("middle", 20);
      await store.endRun("Train", "middle", { status: "succeeded", endedAt: time(31) });
      await store.endRun("Train", "old", { status: "succeeded", endedAt: time(50) });
      expect((await store.latestRun("Train", "any"))?.run).toBe("new");
      expect((await store.latestRun("Train", "succeeded"))?.run).toBe("middle");
      await store.endRun("Train", "new", { status: "failed", endedAt: time(60) });
      expect((await store.latestRun("Train", "succeeded"))?.run).toBe("middle");
    });

    it("have no latest success where the last end says otherwise", async () => {
      await begin("old", 10);
      await begin("new", 20);
      await store.endRun("Train", "old", { status: "succeeded", endedAt: time(30) });
      await store.endRun("Train", "new", { status: "succeeded", endedAt: time(30) });
      await store.endRun("Train", "new", { status: "timed_out", endedAt: time(31) });
      expect((await store.latestRun("Train", "succeeded"))?.run).toBe("old");
    });

    it("are kept apart by flow, whatever its name", async () => {
      const names = ["Train", "Train#R", "Train@main", "Train/r1", "Flüsse 🌊", "%23", "#"];
      for (const flow of names) await begin("r1", 1, { flow, parameters: { flow } });
      for (const flow of names) expect((await store.runs(flow)).map((run) => run.parameters)).toEqual([{ flow }]);
      expect(await store.flows()).toEqual([...names].sort());
    });
  });

  describe("tags", () => {
    it("are added and removed, once each", async () => {
      await store.beginRun(runRecord({ tags: ["b"] }));
      await store.addTags("Train", "r1", ["a", "c", "b"]);
      await store.addTags("Train", "r1", ["a"]);
      await store.removeTags("Train", "r1", ["b", "never given"]);
      await store.addTags("Train", "r1", []);
      await store.removeTags("Train", "r1", []);
      expect((await store.run("Train", "r1"))?.tags).toEqual(["a", "c"]);
      expect(await store.runs("Train", { tag: "b" })).toEqual([]);
      expect((await store.runs("Train", { tag: "c" })).map(({ run }) => run)).toEqual(["r1"]);
      await store.removeTags("Train", "r1", ["a", "c"]);
      expect((await store.run("Train", "r1"))?.tags).toEqual([]);
    });

    it("may hold anything", async () => {
      const tags = ["a#b", "a", "user:Änne", "x/y@z", "100%", "~"];
      await store.beginRun(runRecord({ tags }));
      expect((await store.run("Train", "r1"))?.tags).toEqual([...tags].sort());
      for (const tag of tags) expect(await store.runs("Train", { tag })).toHaveLength(1);
    });
  });

  describe("a task", () => {
    beforeEach(() => store.beginRun(runRecord({ steps: ["start", "fit", "end"] })));

    it("is read back with its attempts and what the winner left", async () => {
      const log = {
        kind: "cloudwatch",
        group: "/aws/lambda/fit",
        stream: "2026/01/01/[1]ab",
        request: "8c1e",
      } as const;
      const failure = { name: "TypeError", message: "x is undefined", stack: "TypeError: x is undefined\n  at fit" };
      const frame = { hash, size: 40_000, codec: "json", type: "Array(100)", compression: "zstd" } as const;
      const commit = commitOf(1, {
        transition: 2,
        foreach: { count: 2_500, frames: [{ items: 100, ref: frame }] },
        item: { index: 3, count: 10, frame, position: 3 },
        tags: ["nightly"],
      });
      const task = address("fit", "3", { visit: 1, count: 10 });
      expect(await store.startAttempt(task, "a", time(1), log)).toEqual({ attempt: 0 });
      await store.failAttempt(task, "a", time(2), failure);
      expect(await store.startAttempt(task, "b", time(3))).toEqual({ attempt: 1 });
      expect(await store.commit(task, "b", time(4), commit)).toEqual(commit);
      const expected = {
        step: "fit",
        path: "3",
        visit: 1,
        attempts: [
          { attempt: 0, startedAt: time(1), endedAt: time(2), status: "failed", failure, log },
          { attempt: 1, startedAt: time(3), endedAt: time(4), status: "succeeded" },
        ],
        committed: commit,
      };
      expect(await open().task(task)).toEqual(expected);
      expect(await store.tasks("Train", "r1", "fit", { count: 10 })).toEqual([expected]);
    });

    it("is undefined where there is none", async () => {
      expect(await store.task(address("fit"))).toBeUndefined();
      expect(await store.task(address("fit", "3", { count: 10 }))).toBeUndefined();
      expect(await store.tasks("Train", "r1", "fit")).toEqual([]);
    });

    it("takes the same token for the same attempt", async () => {
      const task = address("fit");
      expect(await store.startAttempt(task, "a", time(1))).toEqual({ attempt: 0 });
      expect(await store.startAttempt(task, "b", time(2))).toEqual({ attempt: 1 });
      expect(await store.startAttempt(task, "a", time(3))).toEqual({ attempt: 0 });
      expect((await store.task(task))?.attempts).toEqual([
        { attempt: 0, startedAt: time(1), status: "running" },
        { attempt: 1, startedAt: time(2), status: "running" },
      ]);
    });

    it("has one winner: an attempt that commits later gets the winner's commit", async () => {
      const task = address("fit");
      const other = open();
      await store.startAttempt(task, "a", time(1));
      await other.startAttempt(task, "b", time(2));
      const winner = commitOf(1, { transition: 1 });
      expect(await other.commit(task, "b", time(3), winner)).toEqual(winner);
      expect(await store.commit(task, "a", time(4), commitOf(0))).toEqual(winner);
      expect(await store.commit(task, "b", time(5), winner)).toEqual(winner);
      expect(await store.task(task)).toEqual({
        step: "fit",
        path: "",
        visit: 0,
        attempts: [
          {
            attempt: 0,
            startedAt: time(1),
            endedAt: time(4),
            status: "failed",
            failure: {
              name: "Superseded",
              message: "Attempt 1 had already been committed; this one's result was dropped.",
            },
          },
          { attempt: 1, startedAt: time(2), endedAt: time(3), status: "succeeded" },
        ],
        committed: winner,
      });
    });

    it("that is done tells a new attempt so, and records nothing of it", async () => {
      const task = address("fit");
      await runTask(task);
      expect(await store.startAttempt(task, "late", time(9))).toEqual({ attempt: 1, committed: commitOf(0) });
      expect(await store.startAttempt(task, "t0", time(9))).toEqual({ attempt: 0, committed: commitOf(0) });
      expect((await store.task(task))?.attempts).toHaveLength(1);
    });

    it("keeps the first end of an attempt, but takes a commit after a failure", async () => {
      const task = address("fit");
      const failure = { name: "Timeout", message: "took more than 3 s" };
      await store.startAttempt(task, "a", time(1));
      await store.failAttempt(task, "a", time(2), failure);
      await store.failAttempt(task, "a", time(3), { name: "Error", message: "again" });
      expect((await store.task(task))?.attempts).toEqual([
        { attempt: 0, startedAt: time(1), endedAt: time(2), status: "failed", failure },
      ]);
      await store.commit(task, "a", time(4), commitOf(0));
      await store.failAttempt(task, "a", time(5), failure);
      expect((await store.task(task))?.attempts).toEqual([
        { attempt: 0, startedAt: time(1), endedAt: time(4), status: "succeeded" },
      ]);
    });

    it("cannot be committed or failed by an attempt that was not started", async () => {
      const unknown = {
        code: "ATTEMPT_UNKNOWN",
        message: 'No attempt "a" of Train/r1/fit (path "", visit 0) was started.',
      };
      const task = address("fit");
      const failure = { name: "Error", message: "no" };
      await expect(store.commit(task, "a", time(1), commitOf(0))).rejects.toMatchObject(unknown);
      await expect(store.failAttempt(task, "a", time(1), failure)).rejects.toMatchObject(unknown);
      expect(await store.task(task)).toBeUndefined();
      await store.startAttempt(task, "b", time(1));
      await expect(store.commit(task, "a", time(1), commitOf(0))).rejects.toMatchObject(unknown);
      expect((await store.task(task))?.committed).toBeUndefined();
    });

    it("is kept apart by step, path and visit", async () => {
      const tasks = [
        address("fit"),
        address("fit", "", { visit: 1 }),
        address("fit#0"),
        address("fit/0"),
        address("fît"),
        address("fit", "1", { count: 20 }),
        address("fit", "10", { count: 20 }),
        address("fit", "1.0", { count: 2 }),
        address("fit", "1~1", { count: 20 }),
      ];
      for (const [number, task] of tasks.entries()) await runTask(task, commitOf(0, { transition: number }));
      for (const [number, task] of tasks.entries()) {
        expect((await store.task(task))?.committed?.transition).toBe(number);
      }
    });

    it("may be of hostile names", async () => {
      const flow = "#@/%\u{1f4a5}";
      const run = "M#/../META";
      await store.beginRun(runRecord({ flow, run, steps: ["LATEST#run"] }));
      await runTask({ flow, run, step: "LATEST#run", path: "", visit: 0 });
      expect(await store.tasks(flow, run, "LATEST#run")).toHaveLength(1);
      expect(await store.steps(flow, run)).toEqual(["LATEST#run"]);
      expect((await store.run(flow, run))?.run).toBe(run);
    });
  });

  describe("the tasks of a step", () => {
    beforeEach(() => store.beginRun(runRecord({ steps: ["end", "join", "body", "start"] })));

    async function paths(options: { prefix?: string; path?: string; count?: number }): Promise<string[]> {
      const tasks = await store.tasks("Train", "r1", "body", options);
      return tasks.map(({ path, visit }) => (visit > 0 ? `${path}@${visit}` : path));
    }

    it("come in the order of their indices and visits", async () => {
      const order = ["0", "1", "1@1", "1@10", "2.1", "2.10", "2~1.2", "10"];
      for (const each of [...order].reverse()) {
        const [path = "", visit = 0] = each.split("@");
        await store.startAttempt(address("body", path, { visit: Number(visit) }), "a", time(1));
      }
      expect(await paths({})).toEqual(order);
    });

    it("are found by prefix, character by character, and by exact path", async () => {
      for (const path of ["", "3", "3.0", "3.1", "3~1", "3~1.0", "30", "30.1", "4"]) {
        await store.startAttempt(address("body", path), "a", time(1));
      }
      await store.startAttempt(address("body", "3", { visit: 2 }), "a", time(1));
      expect(await paths({ prefix: "3" })).toEqual(["3", "3@2", "3.0", "3.1", "3~1", "3~1.0", "30", "30.1"]);
      expect(await paths({ prefix: "3." })).toEqual(["3.0", "3.1"]);
      expect(await paths({ prefix: "30" })).toEqual(["30", "30.1"]);
      expect(await paths({ prefix: "5" })).toEqual([]);
      expect(await paths({ path: "3" })).toEqual(["3", "3@2"]);
      expect(await paths({ path: "" })).toEqual([""]);
    });

    it("are all found in a foreach of 2,500, by those who know the count and those who don't", async () => {
      const count = 2_500;
      const begun = Array.from({ length: 250 }, (_, index) => String(index * 10));
      await Promise.all(begun.map((path) => store.startAttempt(address("body", path, { count }), "a", time(1))));
      await runTask(address("body", "2499", { count }));
      expect(await paths({ count })).toEqual([...begun, "2499"]);
      expect(await paths({})).toEqual([...begun, "2499"]);
      expect(await paths({ path: "2499", count })).toEqual(["2499"]);
      expect(await paths({ path: "2499" })).toEqual(["2499"]);
      expect((await store.task(address("body", "2499", { count })))?.committed).toEqual(commitOf(0));
      expect((await store.task(address("body", "2499")))?.committed).toEqual(commitOf(0));
    });

    it("are all found in nested foreachs of different lengths", async () => {
      await runTask(address("body", "0.0", { count: 3 }));
      await runTask(address("body", "0.2", { count: 3 }));
      await runTask(address("body", "1.0", { count: 4_500 }));
      await runTask(address("body", "1.4499", { count: 4_500 }));
      await runTask(address("body", "2.0", { count: 1_500 }));
      await runTask(address("body", "2.1499", { count: 1_500 }));
      expect(await paths({})).toEqual(["0.0", "0.2", "1.0", "1.4499", "2.0", "2.1499"]);
      expect(await paths({ prefix: "2.", count: 1_500 })).toEqual(["2.0", "2.1499"]);
      for (const path of ["0.2", "1.4499", "2.1499"]) {
        expect((await store.task(address("body", path)))?.path).toBe(path);
      }
    });

    it("may be more than a megabyte", async () => {
      const inline = "x".repeat(30_000);
      const large = commitOf(0, { artifacts: { x: { hash, size: 30_000, codec: "json", type: "string", inline } } });
      const all = Array.from({ length: 80 }, (_, index) => String(index));
      await Promise.all(all.map((path) => runTask(address("body", path, { count: 80 }), large)));
      const tasks = await store.tasks("Train", "r1", "body", { count: 80 });
      expect(tasks.map(({ path }) => path)).toEqual(all);
      expect(tasks.every(({ committed }) => committed?.artifacts.x?.inline === inline)).toBe(true);
    });

    it("tell which steps began, in that order", async () => {
      await runTask(address("start"), commitOf(0), 1);
      await runTask(address("body", "1", { count: 2 }), commitOf(0), 5);
      await runTask(address("body", "0", { count: 2 }), commitOf(0), 6);
      await runTask(address("join"), commitOf(0), 8);
      expect(await store.steps("Train", "r1")).toEqual(["start", "body", "join"]);
      await store.beginRun(runRecord({ run: "r2", steps: ["start"] }));
      expect(await store.steps("Train", "r2")).toEqual([]);
    });
  });

  describe("deployments", () => {
    const deployment = (id: string, change: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
      endpoint: "iris",
      id,
      status: "deploying",
      startedAt: time(0),
      source: { flow: "Train", run: "r1", step: "release", path: "", visit: 0, attempt: 0 },
      service: "IrisClassifier",
      code: "c0de",
      models: { model: { artifact: "softmax", hash, type: "Object" } },
      data: "s3://bucket/endpoints/iris/model.tar.gz",
      ...change,
    });
    const model = (version: string): ModelRecord => ({
      name: "iris",
      version,
      createdAt: time(0),
      ref: { hash, size: 1, codec: "json", type: "number" },
      metrics: {},
      metadata: {},
    });
    const versioned = (record: DeploymentRecord, version: string): DeploymentRecord => ({
      ...record,
      models: { model: { artifact: "softmax", hash, type: "Object", version } },
    });

    it("are read back by endpoint, newest first", async () => {
      for (const id of ["2", "1", "3"]) await store.deployments.put(deployment(id));
      await store.deployments.put(deployment("1", { endpoint: "Rose" }));
      expect(await open().deployments.endpoints()).toEqual(["Rose", "iris"]);
      expect(await store.deployments.get("iris", "2")).toEqual(deployment("2"));
      expect(await store.deployments.get("iris", "4")).toBeUndefined();
      expect(await store.deployments.list("iris", { limit: 2 })).toEqual([deployment("3"), deployment("2")]);
      expect(await store.deployments.list("none")).toEqual([]);
    });

    it("are all found, however many there are", async () => {
      const ids = Array.from({ length: 45 }, (_, index) => String(index).padStart(3, "0"));
      await Promise.all(ids.map((id) => store.deployments.put(deployment(id))));
      const found: string[] = [];
      for await (const { id } of store.deployments.all("iris")) found.push(id);
      expect(found).toEqual(ids.toReversed());
      for await (const { id } of store.deployments.all("iris")) {
        expect(id).toBe("044");
        break;
      }
      expect((await store.deployments.list("iris", { limit: 30 })).map(({ id }) => id)).toEqual(found.slice(0, 30));
    });

    it("follow what becomes of them, until they are in service", async () => {
      const failed = deployment("1", { status: "failed", endedAt: time(9), failure: "no capacity" });
      await store.deployments.put(deployment("1"));
      await store.deployments.put(failed);
      expect(await store.deployments.list("iris")).toEqual([failed]);
      const inService = deployment("2", { status: "in_service", endedAt: time(9) });
      await store.deployments.put(inService);
      await store.deployments.put(deployment("2"));
      expect(await store.deployments.get("iris", "2")).toEqual(inService);
    });

    it("name the newest version of a model with the same content", async () => {
      for (const version of ["1", "2"]) await store.models.put(model(version));
      await store.deployments.put(deployment("1"));
      expect(await store.deployments.get("iris", "1")).toEqual(versioned(deployment("1"), "iris:2"));
    });

    it("are found from the run, the model and the artifact that they were made of", async () => {
      await store.models.put(model("1"));
      for (const id of ["2", "1"]) await store.deployments.put(deployment(id));
      for (const source of [
        { kind: "run", name: "Train/r1" },
        { kind: "model", name: "iris:1" },
        { kind: "artifact", name: hash },
      ] as const) {
        expect(await open().lineage.from(source, "deployment")).toEqual(["iris/1", "iris/2"]);
      }
      expect(await store.lineage.from({ kind: "artifact", name: hash }, "model")).toEqual(["iris:1"]);
      expect(await store.lineage.from({ kind: "run", name: "Train/r2" }, "deployment")).toEqual([]);
    });

    it("of a task are there with the winner's commit, its models known, and no others", async () => {
      await store.beginRun(runRecord());
      const task = address("release");
      await store.startAttempt(task, "a", time(1));
      await store.startAttempt(task, "b", time(2));
      const won = deployment("1", { status: "in_service" });
      await store.commit(task, "a", time(3), commitOf(0, { models: [model("1")], deployment: won }));
      await store.commit(task, "b", time(4), commitOf(1, { deployment: deployment("2", { status: "in_service" }) }));
      expect(await store.deployments.list("iris")).toEqual([versioned(won, "iris:1")]);
    });
  });

  describe("lineage", () => {
    it("is forward, under any name, and each link is there once", async () => {
      const source = { kind: "run", name: "Train#@%/r1" } as const;
      const target = { kind: "deployment", name: "iris/#1%" } as const;
      for (let i = 0; i < 2; i++) await store.lineage.add(source, target);
      expect(await open().lineage.from(source, "deployment")).toEqual(["iris/#1%"]);
      expect(await store.lineage.from(source, "model")).toEqual([]);
      expect(await store.lineage.from({ ...source, kind: "model" }, "deployment")).toEqual([]);
    });
  });

  describe("models", () => {
    const model = (version: string, change: Partial<ModelRecord> = {}): ModelRecord => ({
      name: "iris#@%",
      version,
      createdAt: time(0),
      ref: { hash, size: 1, codec: "json", type: "number" },
      metrics: { accuracy: 0.5 },
      metadata: { rows: [1, null] },
      ...change,
    });

    it("are read back by version, newest first, under any name", async () => {
      for (const version of ["2", "1", "3"]) await store.models.put(model(version));
      await store.models.put(model("1", { name: "rose" }));
      expect(await open().models.names()).toEqual(["iris#@%", "rose"]);
      expect(await store.models.version("iris#@%", "2")).toEqual(model("2"));
      expect(await store.models.version("iris#@%", "4")).toBeUndefined();
      expect(await store.models.versions("iris#@%", { limit: 2 })).toEqual([model("3"), model("2")]);
      expect(await store.models.versions("none")).toEqual([]);
    });

    it("stay as they were first written", async () => {
      await store.models.put(model("1"));
      await store.models.put(model("1", { metrics: {} }));
      expect(await store.models.version("iris#@%", "1")).toEqual(model("1"));
    });

    it("have aliases, which go with the version", async () => {
      for (const version of ["1", "2"]) await store.models.put(model(version));
      await store.models.setAlias("iris#@%", "production", "1");
      await store.models.setAlias("iris#@%", "staging", "2");
      await store.models.setAlias("iris#@%", "production", "2");
      await store.models.setAlias("iris#@%", "old", "1");
      await store.models.setAlias("iris#@%", "staging", undefined);
      expect(Object.fromEntries(await store.models.aliases("iris#@%"))).toEqual({ old: "1", production: "2" });
      await store.models.delete("iris#@%", "2");
      expect(Object.fromEntries(await store.models.aliases("iris#@%"))).toEqual({ old: "1" });
      expect(await store.models.versions("iris#@%")).toEqual([model("1")]);
    });

    it("of a task are there with the winner's commit, and no others", async () => {
      await store.beginRun(runRecord());
      const task = address("train");
      await store.startAttempt(task, "a", time(1));
      await store.startAttempt(task, "b", time(2));
      await store.commit(task, "b", time(3), commitOf(1, { models: [model("b")] }));
      await store.commit(task, "a", time(4), commitOf(0, { models: [model("a")] }));
      expect(await store.models.versions("iris#@%")).toEqual([model("b")]);
    });
  });

  it("keeps one winner for each of many tasks that two programs run at once", async () => {
    await store.beginRun(runRecord());
    const programs = [store, open(), open()];
    const commits = await Promise.all(
      Array.from({ length: 30 }, (_, index) => address("body", String(index), { count: 30 })).flatMap((task) =>
        programs.map(async (program, number) => {
          const { attempt, committed } = await program.startAttempt(task, `p${number}`, time(number));
          const commit = committed ?? (await program.commit(task, `p${number}`, time(9), commitOf(attempt)));
          return { path: task.path, attempt: commit.attempt };
        }),
      ),
    );
    const tasks = await store.tasks("Train", "r1", "body", { count: 30 });
    expect(tasks).toHaveLength(30);
    for (const { path, attempts, committed } of tasks) {
      expect(attempts.map(({ attempt }) => attempt)).toEqual(attempts.map((_, number) => number));
      expect(attempts.filter(({ status }) => status === "succeeded")).toHaveLength(1);
      const told = commits.filter((commit) => commit.path === path).map(({ attempt }) => attempt);
      expect(told).toEqual(programs.map(() => committed?.attempt));
    }
  });
}
