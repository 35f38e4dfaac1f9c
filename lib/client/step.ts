import { parseTaskId } from "../flow/path.ts";
import { ClientError, NotFoundError } from "./errors.ts";
import type { Store } from "./open.ts";
import type { Run } from "./run.ts";
import { Task } from "./task.ts";

/** A step of a run. Nothing is read before its tasks are asked for. */
export class Step<F = Record<string, unknown>> {
  readonly run: Run<F>;
  readonly name: string;
  readonly #store: Store;

  constructor(store: Store, run: Run<F>, name: string) {
    this.#store = store;
    this.run = run;
    this.name = name;
  }

  /** `Flow/run/step`. */
  get pathspec(): string {
    return `${this.run.pathspec}/${this.name}`;
  }

  /** In the order of iterations and visits. @throws NotFoundError where the run never came to the step. */
  async tasks(): Promise<readonly Task<F>[]> {
    const { flow, id } = this.run;
    const records = await this.#store.records.tasks(flow, id, this.name);
    if (records.length === 0) throw await this.#unknown();
    return records.map((record) => new Task<F>(this.#store, this.run, record));
  }

  /**
   * A task by its id, or without one the step's only task.
   *
   * @throws NotFoundError where there is no such task; ClientError `SEVERAL_TASKS` where no id says which.
   */
  async task(id?: string): Promise<Task<F>> {
    if (id !== undefined) return await this.#byId(id);
    const tasks = await this.tasks();
    const [task] = tasks;
    if (task !== undefined && tasks.length === 1) return task;
    throw new ClientError("SEVERAL_TASKS", `${this.pathspec} has ${tasks.length} tasks.`, {
      fix: `Name one, ${task?.id} for example, or read all with tasks().`,
    });
  }

  async #byId(id: string): Promise<Task<F>> {
    const { flow, id: run } = this.run;
    // An id does not tell by itself how many foreachs are around: 0 is the only task outside of any, or the first iteration.
    const parts = id.split(".").length;
    for (const depth of [parts, parts - 1]) {
      const key = parseTaskId(id, depth);
      const record = key && (await this.#store.records.task({ flow, run, step: this.name, ...key }));
      if (record !== undefined) return new Task<F>(this.#store, this.run, record);
    }
    const tasks = await this.tasks();
    throw new NotFoundError(
      `task of ${this.pathspec}`,
      id,
      tasks.map((task) => task.id),
    );
  }

  async #unknown(): Promise<NotFoundError> {
    const { flow, id } = this.run;
    return new NotFoundError(`step of ${this.run.pathspec}`, this.name, await this.#store.records.steps(flow, id));
  }
}
