import type { Json } from "../flow/definition.ts";
import type { Failure, RunRecord, RunStatus } from "../metadata/records.ts";
import { type Data, dataOf } from "./artifact.ts";
import { NotFoundError } from "./errors.ts";
import type { Store } from "./open.ts";
import { Step } from "./step.ts";
import { Task } from "./task.ts";

/** A run as it was on record when it was read. */
export class Run<F = Record<string, unknown>> {
  readonly #store: Store;
  #record: RunRecord;

  constructor(store: Store, record: RunRecord) {
    this.#store = store;
    this.#record = record;
  }

  /** The flow's name. */
  get flow(): string {
    return this.#record.flow;
  }

  get id(): string {
    return this.#record.run;
  }

  /** `Flow/run`. */
  get pathspec(): string {
    return `${this.flow}/${this.id}`;
  }

  /** `lost`: it was running, and the process that ran it is gone. */
  get status(): RunStatus {
    return this.#record.status;
  }

  get parameters(): Readonly<Record<string, Json>> {
    return this.#record.parameters;
  }

  /** Sorted. */
  get tags(): readonly string[] {
    return this.#record.tags;
  }

  /** ISO 8601, UTC. */
  get startedAt(): string {
    return this.#record.startedAt;
  }

  /** ISO 8601, UTC; `undefined` while it runs. */
  get endedAt(): string | undefined {
    return this.#record.endedAt;
  }

  /** Of a run that did not succeed: what failed first, and in which task. */
  get failure(): Failure | undefined {
    return this.#record.failure;
  }

  /** The whole record. */
  toJSON(): RunRecord {
    return this.#record;
  }

  step(name: string): Step<F> {
    return new Step<F>(this.#store, this, name);
  }

  /** The steps that began, in that order. */
  async steps(): Promise<readonly Step<F>[]> {
    return (await this.#store.records.steps(this.flow, this.id)).map((name) => this.step(name));
  }

  /** `await run.data.total` is the artifact `total` as `end` left it, or in a run that has not come there, the last task that succeeded. */
  get data(): Data<F> {
    return dataOf<F>(async (name) => {
      const task = await this.lastTask();
      if (task === undefined) throw new NotFoundError(`artifact of ${this.pathspec}`, name, []);
      return await task.artifact(name as keyof F & string).value();
    });
  }

  /** The task of `end` or, in a run that has not come there, the last one that succeeded: where {@link data} is read. */
  async lastTask(): Promise<Task<F> | undefined> {
    const { records } = this.#store;
    const address = { flow: this.flow, run: this.id };
    const end = await records.task({ ...address, step: "end", path: "", visit: 0 });
    if (end?.committed !== undefined) return new Task<F>(this.#store, this, end);
    const steps = await records.steps(this.flow, this.id);
    const tasks = (await Promise.all(steps.map((step) => records.tasks(this.flow, this.id, step)))).flat();
    const succeeded = tasks
      .filter(({ committed }) => committed !== undefined)
      .map((record) => new Task<F>(this.#store, this, record));
    return succeeded.sort((a, b) => ((a.endedAt ?? "") < (b.endedAt ?? "") ? -1 : 1)).at(-1);
  }

  async addTag(...tags: readonly string[]): Promise<void> {
    await this.#store.records.addTags(this.flow, this.id, tags);
    await this.#readAgain();
  }

  async removeTag(...tags: readonly string[]): Promise<void> {
    await this.#store.records.removeTags(this.flow, this.id, tags);
    await this.#readAgain();
  }

  async #readAgain(): Promise<void> {
    const record = await this.#store.records.run(this.flow, this.id);
    if (record !== undefined) this.#record = record;
  }
}
