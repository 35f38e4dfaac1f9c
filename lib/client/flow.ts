import type { RunRecord } from "../metadata/records.ts";
import { NotFoundError } from "./errors.ts";
import type { Store } from "./open.ts";
import { Run } from "./run.ts";

export interface RunsOptions {
  /** The most runs. Default: all. */
  readonly limit?: number;
  /** Only runs with this tag. */
  readonly tag?: string;
  /** Only runs that started before this time, in ISO 8601. */
  readonly before?: string;
}

/** The runs of a flow. */
export class Flow<F = Record<string, unknown>> {
  readonly name: string;
  readonly #store: Store;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.name = name;
  }

  /** The run that started last; `undefined` where there is none. */
  latestRun(): Promise<Run<F> | undefined> {
    return this.#latest("any");
  }

  /** Of the runs that succeeded, the one that started last; `undefined` where there is none. */
  latestSuccessfulRun(): Promise<Run<F> | undefined> {
    return this.#latest("succeeded");
  }

  /** Newest first. */
  async runs(options: RunsOptions = {}): Promise<readonly Run<F>[]> {
    const records = await this.#store.records.runs(this.name, options);
    return await Promise.all(records.map((record) => this.#run(record)));
  }

  /** @param id - The run's id, or `latest`. @throws NotFoundError */
  async run(id: string): Promise<Run<F>> {
    const { records } = this.#store;
    const record = id === "latest" ? await records.latestRun(this.name, "any") : await records.run(this.name, id);
    if (record !== undefined) return await this.#run(record);
    const flows = await records.flows();
    if (!flows.includes(this.name)) throw new NotFoundError("flow", this.name, flows);
    const recent = await records.runs(this.name, { limit: 100 });
    throw new NotFoundError(
      `run of ${this.name}`,
      id,
      recent.map(({ run }) => run),
    );
  }

  async #latest(which: "any" | "succeeded"): Promise<Run<F> | undefined> {
    const record = await this.#store.records.latestRun(this.name, which);
    return record && (await this.#run(record));
  }

  async #run(record: RunRecord): Promise<Run<F>> {
    return new Run<F>(this.#store, await this.#store.current(record));
  }
}
