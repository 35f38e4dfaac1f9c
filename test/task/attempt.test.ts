import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadArtifact } from "../../lib/data/artifacts.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import type { Blob, BlobStore } from "../../lib/data/store.ts";
import type { TaskCommit } from "../../lib/metadata/records.ts";
import { runAttempt } from "../../lib/task/attempt.ts";
import { enterIteration } from "../../lib/task/iteration.ts";
import type { AttemptRequest, StepContext } from "../../lib/task/protocol.ts";
import { contextsOf, Each, request, Touches } from "./flows.ts";

/** A folder that tells what is asked of it. */
class CountingBlobs implements BlobStore {
  readonly calls: string[] = [];
  readonly #folder: FolderBlobStore;

  constructor(folder: string) {
    this.#folder = new FolderBlobStore(folder);
  }

  put(bytes: Uint8Array) {
    this.calls.push("put");
    return this.#folder.put(bytes);
  }

  get(blob: Blob) {
    this.calls.push("get");
    return this.#folder.get(blob);
  }

  pieces(blob: Blob) {
    this.calls.push("pieces");
    return this.#folder.pieces(blob);
  }

  getSync(blob: Blob) {
    this.calls.push("getSync");
    return this.#folder.getSync(blob);
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-task-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function commitOf(
  context: StepContext,
  asked: AttemptRequest,
  body: unknown,
  blobs: BlobStore,
): Promise<TaskCommit> {
  const outcome = await runAttempt(context, asked, body, blobs);
  if (outcome.status === "failed") throw new Error(JSON.stringify(outcome.failure));
  return outcome.commit;
}

describe("a task's artifacts", () => {
  test("are loaded where they are read, and stored where they changed", async () => {
    const context = contextsOf(Touches);
    const blobs = new CountingBlobs(folder);
    const begin = { parameters: { scale: 3 }, tags: ["nightly"] };
    const start = await commitOf(context("start"), request("start", { begin }), Touches, blobs);
    expect(Object.keys(start.artifacts).sort()).toEqual([
      "dynamic",
      "gone",
      "length",
      "list",
      "same",
      "scale",
      "unused",
      "used",
    ]);
    expect(blobs.calls).toEqual(["put", "put", "put"]);

    blobs.calls.length = 0;
    const reads = { ...context("touch"), definition: { ...context("touch").definition, reads: ["used"] } };
    const touch = await commitOf(reads, request("touch", { before: start }), Touches, blobs);

    // `used` before the step; `dynamic`, whose name no analysis can know, when it is touched; `unused` not at all.
    expect(blobs.calls).toEqual(["get", "getSync"]);
    const { list, length, ...untouched } = touch.artifacts;
    expect(list && (await loadArtifact(list, blobs))).toEqual([1, 3]);
    expect(length?.inline).toBe("20008");
    for (const [name, ref] of Object.entries(untouched)) expect(ref).toBe(start.artifacts[name]);
    expect(touch).toMatchObject({ attempt: 0, transition: 0, tags: ["nightly"] });
  });

  test("are unset when a step deletes them", async () => {
    const context = contextsOf(Touches);
    const blobs = new CountingBlobs(folder);
    const begin = { parameters: { scale: 3 }, tags: [] };
    const before = await commitOf(context("start"), request("start", { begin }), Touches, blobs);

    const end = await commitOf(context("end"), request("end", { before }), Touches, blobs);

    expect(Object.keys(before.artifacts)).toContain("gone");
    expect(Object.keys(end.artifacts)).not.toContain("gone");
    expect(end.transition).toBe(-1);
  });
});

describe("an iteration's item", () => {
  test("is fresh in every attempt, also where another has changed it", async () => {
    const context = contextsOf(Each);
    const blobs = new CountingBlobs(folder);
    const start = await commitOf(
      context("start"),
      request("start", { begin: { parameters: {}, tags: [] } }),
      Each,
      blobs,
    );
    expect(start.foreach).toMatchObject({ count: 3, frames: [{ items: 3 }] });

    for (const index of [1, 1, 2]) {
      const before = enterIteration(start, index);
      const body = await commitOf(context("body"), request("body", { path: String(index), before }), Each, blobs);
      expect(body.artifacts.seen?.inline).toBe(JSON.stringify({ n: (index + 1) * 10 }));
      expect(body.item).toMatchObject({ index, count: 3, position: index });
    }
  });
});
