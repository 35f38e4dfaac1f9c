import { InlineBudget, storeArtifact } from "../data/artifacts.ts";
import type { BlobStore } from "../data/store.ts";
import type { ModelOptions } from "../flow/spec/flow-spec.ts";
import { assertMetrics, assertModelName } from "../metadata/model-names.ts";
import type { ModelRecord } from "../metadata/models.ts";
import { newRunId } from "../metadata/run-id.ts";
import type { AttemptRequest } from "./protocol.ts";

/** The models that a task saves: they go with its commit. */
export class TaskModels {
  readonly #flow: string;
  readonly #request: AttemptRequest;
  readonly #blobs: BlobStore;
  readonly #saved: Promise<ModelRecord>[] = [];

  constructor(flow: string, request: AttemptRequest, blobs: BlobStore) {
    this.#flow = flow;
    this.#request = request;
    this.#blobs = blobs;
  }

  /** The value is read now; what goes wrong with it shows in {@link collect}. */
  save(name: string, value: unknown, { metrics = {}, metadata = {} }: ModelOptions = {}): string {
    assertModelName(name);
    assertMetrics(name, metrics);
    const { run, step, path, visit, attempt } = this.#request;
    const now = new Date();
    const version = newRunId(now);
    const source = { flow: this.#flow, run, step, path, visit, attempt };
    const noted = { metrics: { ...metrics }, metadata: structuredClone(metadata), source };
    const stored = storeArtifact(value, `the model ${name}`, this.#blobs, InlineBudget.none()).then((ref) => ({
      ...{ name, version, createdAt: now.toISOString(), ref },
      ...noted,
    }));
    // Whoever collects it is told; until then it is nobody's rejection.
    stored.catch(() => {});
    this.#saved.push(stored);
    return version;
  }

  /** @throws EncodeError, StoreError */
  collect(): Promise<ModelRecord[]> {
    return Promise.all(this.#saved);
  }
}
