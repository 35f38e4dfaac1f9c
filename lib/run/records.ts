import type { DeploymentRecord } from "../metadata/deployments.ts";
import type { Failure, LogPointer, TaskCommit } from "../metadata/records.ts";
import type { MetadataStore, TaskAddress } from "../metadata/store.ts";
import type { Scope } from "./scope.ts";

/**
 * The records of a run's tasks. Nobody waits for one of them to be written: the store keeps their order, and sees them when it is read. One
 * that cannot be written stops the run.
 */
export class TaskRecords {
  readonly #store: MetadataStore;
  readonly #scope: Scope;

  constructor(store: MetadataStore, scope: Scope) {
    this.#store = store;
    this.#scope = scope;
  }

  started(task: TaskAddress, attempt: number, at: Date, log: LogPointer): void {
    this.#note(this.#store.startAttempt(task, tokenOf(attempt), at.toISOString(), log));
  }

  committed(task: TaskAddress, attempt: number, at: Date, commit: TaskCommit): void {
    this.#note(this.#store.commit(task, tokenOf(attempt), at.toISOString(), commit));
  }

  /** @param deployment What it tried to deploy. */
  failed(task: TaskAddress, attempt: number, at: Date, failure: Failure, deployment?: DeploymentRecord): void {
    if (deployment) this.#note(this.#store.deployments.put(deployment));
    this.#note(this.#store.failAttempt(task, tokenOf(attempt), at.toISOString(), failure));
  }

  #note(write: Promise<unknown>): void {
    write.catch((error) => this.#scope.stop(error));
  }
}

/** The process that runs here is the only one to make attempts of this run. */
function tokenOf(attempt: number): string {
  return String(attempt);
}
