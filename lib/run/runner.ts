import { resolve } from "node:path";
import { SqliteMetadataStore } from "../metadata/sqlite/store.ts";
import { WorkerPool } from "./pool.ts";

/** What a run needs of this machine: workers, and the records of a store. It does not depend on the flow, so that it gets ready while that is loaded. */
export class Runner {
  readonly folder: string;
  readonly records: SqliteMetadataStore;
  readonly workers: WorkerPool;

  /**
   * @param store The store's folder; made where it is missing.
   * @param maxWorkers Tasks at a time. Default: the number of cores.
   * @throws MetadataStoreError where the store cannot be written to.
   */
  constructor(store: string, maxWorkers?: number) {
    this.folder = resolve(store);
    this.records = new SqliteMetadataStore(this.folder);
    this.workers = new WorkerPool(maxWorkers);
  }

  async close(): Promise<void> {
    // In this order: the workers end while the records are brought to disk.
    await Promise.all([this.workers.close(), this.records.close()]);
  }
}
