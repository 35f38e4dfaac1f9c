import { Models } from "../model/store/models.ts";
import { Deployments } from "./deployments.ts";
import { ClientError } from "./errors.ts";
import { Flow } from "./flow.ts";
import { openStore, type Store, type StoreLocation } from "./open.ts";
import type { Run } from "./run.ts";
import type { Step } from "./step.ts";
import type { Task } from "./task.ts";

/** Reads runs back, the same from a folder as from AWS. */
export class Client {
  readonly #store: Store;
  /** Versions of models, and the aliases that point to them. */
  readonly models: Models;
  /** What was deployed, and where. */
  readonly deployments: Deployments;

  constructor(store: Store) {
    this.models = new Models(store.records.models, store.blobs);
    this.deployments = new Deployments(store);
    this.#store = store;
  }

  /** The flows that were run, by name. */
  async flows(): Promise<readonly Flow[]> {
    return (await this.#store.records.flows()).map((name) => this.flow(name));
  }

  /**
   * @typeParam F - The flow's class, which gives the artifacts their types.
   * @example
   * const run = await client.flow<BranchFlow>("BranchFlow").latestSuccessfulRun();
   * const total = await run?.data.total; // number | undefined
   */
  flow<F = Record<string, unknown>>(name: string): Flow<F> {
    return new Flow<F>(this.#store, name);
  }

  /**
   * What a pathspec names: `Flow/run`, `Flow/run/step` or `Flow/run/step/task`. A run may be `latest`.
   *
   * @throws NotFoundError with what is there instead; ClientError `PATHSPEC` where it is none.
   * @example
   * const task = await client.get("BranchFlow/latest/join/0");
   */
  get(pathspec: `${string}/${string}/${string}/${string}`): Promise<Task>;
  get(pathspec: string): Promise<Run | Step | Task>;
  async get(pathspec: string): Promise<Run | Step | Task> {
    const [flow, id, step, task, ...rest] = pathspec.split("/");
    if (!flow || !id || step === "" || task === "" || rest.length > 0) {
      throw new ClientError("PATHSPEC", `${JSON.stringify(pathspec)} names no run, step or task.`, {
        fix: "Write Flow/run, Flow/run/step or Flow/run/step/task; the run may be latest.",
      });
    }
    const run = await this.flow(flow).run(id);
    if (step === undefined) return run;
    if (task !== undefined) return await run.step(step).task(task);
    await run.step(step).tasks();
    return run.step(step);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a store to read its runs.
 *
 * @param location - Default: the folder that the variable `MILLRACE_STORE` names, or `.millrace`.
 * @throws MetadataStoreError where there is no store, or it cannot be read.
 * @example
 * import { openClient } from "millrace/client";
 *
 * await using client = await openClient();
 * const run = await client.flow("BranchFlow").latestSuccessfulRun();
 * console.log(await run?.data.total);
 */
export async function openClient(location?: StoreLocation): Promise<Client> {
  return new Client(await openStore(location));
}
