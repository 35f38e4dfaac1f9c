import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Content } from "../../service/media.ts";
import { Call } from "../call.ts";
import type { Endpoint } from "../endpoint.ts";
import { RequestError } from "../errors.ts";
import { type JobRecord, JobStore } from "./store.ts";

/** What the processes of a server tell each other: a job that one of them runs is cancelled. */
interface CancelMessage {
  readonly type: "cancel-job";
  readonly id: string;
}

/** Work that nobody waits for at the other end of a connection: submitted, looked after, fetched or cancelled. */
export class Jobs {
  readonly #running = new Map<string, Call>();
  readonly #folder: string | undefined;
  readonly #file: string;
  #opened: JobStore | undefined;

  /** @param folder Shared with other processes of the same server. Default: one of its own, which goes with it. */
  constructor(folder: string | undefined = process.env.MILLRACE_JOBS) {
    this.#folder = folder === undefined ? mkdtempSync(join(tmpdir(), "millrace-jobs-")) : undefined;
    this.#file = join(folder ?? this.#folder ?? "", "jobs.db");
    process.on("message", this.#onMessage);
  }

  /**
   * Starts the work; its API's time-out does not hold for it.
   *
   * @param accept The content types that the result may have.
   * @param onFailure Is told what the method threw.
   */
  submit(
    endpoint: Endpoint,
    input: unknown,
    accept: string | undefined,
    onFailure: (error: unknown) => void,
  ): JobRecord {
    const job = this.#store.begin(randomUUID(), endpoint.api.name);
    const call = new Call();
    this.#running.set(job.id, call);
    const work = async () => {
      try {
        const result = await endpoint.call(input, call, false);
        this.#store.end(job.id, "succeeded", endpoint.write(result, accept));
      } catch (error) {
        if (call.isAbandoned) return;
        onFailure(error);
        this.#store.end(job.id, "failed");
      } finally {
        this.#running.delete(job.id);
      }
    };
    void work();
    return job;
  }

  /** @throws RequestError 404 */
  find(id: string): JobRecord {
    const job = this.#store.find(id);
    if (job !== undefined) return job;
    throw new RequestError(404, "JOB_UNKNOWN", `There is no job ${id}.`, { fix: "A job is kept for 24 hours." });
  }

  /** @throws RequestError 404; 409 where the job runs or was cancelled; 500 where it failed. */
  result(id: string): Content {
    const { status } = this.find(id);
    const content = this.#store.content(id);
    if (content !== undefined) return content;
    if (status === "running") {
      throw new RequestError(409, "JOB_RUNNING", `The job ${id} is not done.`, { retryAfter: 1 });
    }
    if (status === "cancelled") throw new RequestError(409, "JOB_CANCELLED", `The job ${id} was cancelled.`);
    throw new RequestError(500, "JOB_FAILED", `The job ${id} failed.`, {
      fix: "The service's log has the reason, under the id of the request that submitted it.",
    });
  }

  /** A job that has ended stays as it is. @throws RequestError 404 */
  cancel(id: string): JobRecord {
    this.find(id);
    this.#store.end(id, "cancelled");
    this.#abort(id);
    process.send?.({ type: "cancel-job", id } satisfies CancelMessage);
    return this.find(id);
  }

  close(): void {
    process.off("message", this.#onMessage);
    for (const id of this.#running.keys()) {
      this.#store.end(id, "cancelled");
      this.#abort(id);
    }
    this.#opened?.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Opened with the first job. */
  get #store(): JobStore {
    this.#opened ??= new JobStore(this.#file);
    return this.#opened;
  }

  readonly #onMessage = (message: unknown): void => {
    const { type, id } = message as Partial<CancelMessage>;
    if (type === "cancel-job" && id !== undefined) this.#abort(id);
  };

  #abort(id: string): void {
    this.#running.get(id)?.abandon(new RequestError(409, "JOB_CANCELLED", `The job ${id} was cancelled.`));
  }
}
