import { AwsClient } from "../../aws/client.ts";
import { decodeName, encodeName, flowPartition } from "../keys.ts";
import type { Failure, LogPointer, RunRecord, TaskCommit, TaskRecord } from "../records.ts";
import type { MetadataStore, RunEnd, TaskAddress } from "../store.ts";
import { DynamoDeploymentRecords } from "./deployments.ts";
import { stringAt, text } from "./items.ts";
import { DynamoLineageRecords } from "./lineage.ts";
import { DynamoModelRecords } from "./models.ts";
import { Runs } from "./runs.ts";
import { Table } from "./table.ts";
import { Tasks } from "./tasks.ts";

/**
 * The records of the flows that were deployed from one branch, in a DynamoDB table; `docs/metadata.md` tells what each access costs.
 *
 * @example
 * const store = new DynamoMetadataStore({ table: "millrace-records" });
 * await store.latestRun("BranchFlow", "succeeded");
 */
export class DynamoMetadataStore implements MetadataStore {
  readonly models: DynamoModelRecords;
  readonly deployments: DynamoDeploymentRecords;
  readonly lineage: DynamoLineageRecords;
  readonly #table: Table;
  readonly #branch: string;

  /**
   * @param options.branch - The namespace of the flows. Default `main`.
   * @param options.client - Default: one with region and credentials of the environment.
   */
  constructor(options: { readonly table: string; readonly branch?: string; readonly client?: AwsClient }) {
    this.#table = new Table(options.table, options.client ?? new AwsClient());
    this.lineage = new DynamoLineageRecords(this.#table);
    this.models = new DynamoModelRecords(this.#table, this.lineage);
    this.deployments = new DynamoDeploymentRecords(this.#table, this.lineage);
    this.#branch = options.branch ?? "main";
  }

  async close(): Promise<void> {}

  beginRun(run: RunRecord): Promise<void> {
    return this.#runs(run.flow).begin(run);
  }

  async startAttempt(
    task: TaskAddress,
    token: string,
    startedAt: string,
    log?: LogPointer,
  ): Promise<{ attempt: number; committed?: TaskCommit }> {
    const begun = await this.#tasks(task.flow, task.run, task.step).start(task, token, startedAt, log);
    await this.#putMade(begun.committed);
    return begun;
  }

  failAttempt(task: TaskAddress, token: string, endedAt: string, failure: Failure): Promise<void> {
    return this.#tasks(task.flow, task.run, task.step).fail(task, token, endedAt, failure);
  }

  async commit(task: TaskAddress, token: string, endedAt: string, commit: TaskCommit): Promise<TaskCommit> {
    const winner = await this.#tasks(task.flow, task.run, task.step).commit(task, token, endedAt, commit);
    await this.#putMade(winner);
    return winner;
  }

  endRun(flow: string, run: string, end: RunEnd): Promise<void> {
    return this.#runs(flow).end(run, end);
  }

  addTags(flow: string, run: string, tags: readonly string[]): Promise<void> {
    return this.#runs(flow).addTags(run, tags);
  }

  removeTags(flow: string, run: string, tags: readonly string[]): Promise<void> {
    return this.#runs(flow).removeTags(run, tags);
  }

  async flows(): Promise<readonly string[]> {
    const items = await this.#table.queryAll({ condition: "pk = :pk", values: { ":pk": text("FLOWS") } });
    const branch = `@${encodeName(this.#branch)}`;
    const names = items.map((item) => stringAt(item, "sk") ?? "");
    const own = names.filter((name) => name.endsWith(branch));
    return own.map((name) => decodeName(name.slice(0, -branch.length))).sort();
  }

  run(flow: string, run: string): Promise<RunRecord | undefined> {
    return this.#runs(flow).get(run);
  }

  runs(
    flow: string,
    options: { readonly limit?: number; readonly tag?: string; readonly before?: string } = {},
  ): Promise<readonly RunRecord[]> {
    return this.#runs(flow).list(options);
  }

  latestRun(flow: string, which: "any" | "succeeded"): Promise<RunRecord | undefined> {
    return this.#runs(flow).latest(which);
  }

  /** Of the steps that the run was begun with, those that have a task; no list of them is kept, which would cost a write for each task. */
  async steps(flow: string, run: string): Promise<readonly string[]> {
    const declared = (await this.run(flow, run))?.steps ?? [];
    const begun: { readonly step: string; readonly at: string }[] = [];
    for (let first = 0; first < declared.length; first += 50) {
      const some = declared.slice(first, first + 50);
      const times = await Promise.all(some.map((step) => this.#tasks(flow, run, step).begin()));
      for (const [position, step] of some.entries()) {
        const at = times[position];
        if (at !== undefined) begun.push({ step, at });
      }
    }
    return begun.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ step }) => step);
  }

  task(task: TaskAddress): Promise<TaskRecord | undefined> {
    return this.#tasks(task.flow, task.run, task.step).get(task);
  }

  tasks(
    flow: string,
    run: string,
    step: string,
    options: { readonly prefix?: string; readonly path?: string; readonly count?: number } = {},
  ): Promise<readonly TaskRecord[]> {
    return this.#tasks(flow, run, step).list(options);
  }

  /** The commit has them: whoever comes after an attempt that died here writes them. */
  async #putMade({ models = [], deployment }: Partial<TaskCommit> = {}): Promise<void> {
    await Promise.all(models.map((model) => this.models.put(model)));
    if (deployment) await this.deployments.put(deployment);
  }

  #runs(flow: string): Runs {
    return new Runs(this.#table, flow, flowPartition(flow, this.#branch));
  }

  #tasks(flow: string, run: string, step: string): Tasks {
    return new Tasks(this.#table, flowPartition(flow, this.#branch), { flow, run, step });
  }
}
