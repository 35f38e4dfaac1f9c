import { taskId } from "../flow/path.ts";
import type { AttemptRecord, Failure, TaskRecord } from "../metadata/records.ts";
import { Artifact, type Data, dataOf } from "./artifact.ts";
import { NotFoundError } from "./errors.ts";
import { type Line, linesOf } from "./lines.ts";
import type { Store } from "./open.ts";
import type { Run } from "./run.ts";

/** `lost`: its last attempt has no end on record, although the run has one. */
export type TaskStatus = "running" | "succeeded" | "failed" | "lost";

/** A task: a step in one iteration of the foreachs around it. */
export class Task<F = Record<string, unknown>> {
  readonly run: Run<F>;
  readonly step: string;
  readonly #store: Store;
  readonly #record: TaskRecord;

  constructor(store: Store, run: Run<F>, record: TaskRecord) {
    this.#store = store;
    this.run = run;
    this.step = record.step;
    this.#record = record;
  }

  /** `0` outside of any foreach, `3.1` in foreachs, `0@2` on the third visit in a loop. */
  get id(): string {
    return taskId(this.#record.path, this.#record.visit);
  }

  /** `Flow/run/step/task`. */
  get pathspec(): string {
    return `${this.run.pathspec}/${this.step}/${this.id}`;
  }

  get status(): TaskStatus {
    if (this.#record.committed !== undefined) return "succeeded";
    if (this.attempts.at(-1)?.status === "failed") return "failed";
    return this.run.status === "running" ? "running" : "lost";
  }

  /** In the order in which they began. */
  get attempts(): readonly AttemptRecord[] {
    return this.#record.attempts;
  }

  /** What the last attempt failed with; `undefined` where the task succeeded or still runs. */
  get exception(): Failure | undefined {
    return this.#record.committed === undefined ? this.attempts.at(-1)?.failure : undefined;
  }

  /** ISO 8601, UTC. */
  get startedAt(): string | undefined {
    return this.attempts[0]?.startedAt;
  }

  /** ISO 8601, UTC; `undefined` while the last attempt has not ended. */
  get endedAt(): string | undefined {
    const { committed } = this.#record;
    return (committed === undefined ? this.attempts.at(-1) : this.attempts[committed.attempt])?.endedAt;
  }

  /** Of a task in a foreach: which iteration of the innermost one, and of how many. */
  get iteration(): { readonly index: number; readonly count: number } | undefined {
    const item = this.#record.committed?.item;
    return item && { index: item.index, count: item.count };
  }

  /** Of a task that ended in a foreach: how many iterations. */
  get foreachCount(): number | undefined {
    return this.#record.committed?.foreach?.count;
  }

  /** Every artifact that is visible after the task, parameters too, by name. None before it succeeded. */
  artifacts(): readonly Artifact[] {
    const refs = Object.entries(this.#record.committed?.artifacts ?? {});
    return refs.map(([name, ref]) => new Artifact(this.#store, name, ref)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @throws NotFoundError
   * @example
   * await task.artifact("total").value();
   */
  artifact<Name extends keyof F & string>(name: Name): Artifact<F[Name]> {
    const refs = this.#record.committed?.artifacts ?? {};
    const ref = Object.hasOwn(refs, name) ? refs[name] : undefined;
    if (ref === undefined) throw new NotFoundError(`artifact of ${this.pathspec}`, name, Object.keys(refs).sort());
    return new Artifact<F[Name]>(this.#store, name, ref);
  }

  /** `await task.data.total` is the value of the artifact `total`. */
  get data(): Data<F> {
    return dataOf<F>(async (name) => await this.artifact(name as keyof F & string).value());
  }

  /** What the task wrote to its console, attempt by attempt. */
  async *lines(): AsyncGenerator<Line> {
    for (const attempt of this.attempts) yield* linesOf(this.#store, attempt);
  }
}
