import type { DeploymentRecord } from "../metadata/deployments.ts";
import type { LineageNode } from "../metadata/lineage.ts";
import { NotFoundError } from "./errors.ts";
import type { Store } from "./open.ts";

/** What flows have deployed, to which endpoints, and what it was made of. */
export class Deployments {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The endpoints that something was deployed to, by name. */
  endpoints(): Promise<readonly string[]> {
    return this.#store.records.deployments.endpoints();
  }

  /**
   * Of one endpoint, newest first; those that failed too.
   *
   * @param options.limit - Default: all.
   * @throws NotFoundError
   */
  async list(endpoint: string, options: { readonly limit?: number } = {}): Promise<readonly DeploymentRecord[]> {
    const found = await this.#store.records.deployments.list(endpoint, options);
    if (found.length === 0) throw new NotFoundError("endpoint", endpoint, await this.endpoints());
    return await Promise.all(found.map((record) => this.#current(record)));
  }

  /**
   * The deployment that answers on an endpoint; `undefined` where none has come so far.
   *
   * @throws NotFoundError
   * @example
   * const deployed = await client.deployments.inService("iris");
   * console.log(deployed?.models.model?.version); // iris:20261123-184309-417-7kq2
   */
  async inService(endpoint: string): Promise<DeploymentRecord | undefined> {
    const found = await this.#store.records.deployments.list(endpoint);
    if (found.length === 0) throw new NotFoundError("endpoint", endpoint, await this.endpoints());
    const deployed = found.filter(({ status }) => status === "in_service");
    // Of two that overlapped, the one that began first may have come last.
    const replaced = new Set(deployed.map(({ previous }) => previous));
    return deployed.find(({ config }) => config === undefined || !replaced.has(config));
  }

  /** What was deployed of a version of a model, oldest first: `iris:20261123-184309-417-7kq2`. */
  ofModel(version: string): Promise<readonly DeploymentRecord[]> {
    return this.#of({ kind: "model", name: version });
  }

  /** What a run has deployed, oldest first: `TrainIris/20261123-201900-907-np6w`. */
  ofRun(pathspec: string): Promise<readonly DeploymentRecord[]> {
    return this.#of({ kind: "run", name: pathspec });
  }

  async #of(source: LineageNode): Promise<readonly DeploymentRecord[]> {
    const { lineage, deployments } = this.#store.records;
    const names = (await lineage.from(source, "deployment")).map((name) => name.split("/"));
    const found = await Promise.all(names.map(([endpoint = "", id = ""]) => deployments.get(endpoint, id)));
    const records = found.filter((record) => record !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
    return await Promise.all(records.map((record) => this.#current(record)));
  }

  /** Nothing is written when a run ends while its endpoint is on the way. */
  async #current(record: DeploymentRecord): Promise<DeploymentRecord> {
    if (record.status !== "deploying") return record;
    const { flow, run } = record.source;
    const source = await this.#store.records.run(flow, run);
    const isRunning = source !== undefined && (await this.#store.current(source)).status === "running";
    return isRunning ? record : { ...record, status: "lost" };
  }
}
