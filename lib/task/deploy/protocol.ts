import type { Blob } from "../../data/store.ts";
import type { TaskAnswer, TaskEvent } from "../events.ts";
import type { Performance } from "../perform.ts";

/**
 * An attempt whose body has run, and whose commit waits for the endpoint: it travels through the state machine while that waits. What it has made
 * is named by `id`, so that every call may be repeated.
 */
export interface ParkedAttempt {
  /** Of the deployment. */
  readonly id: string;
  readonly token: string;
  readonly attempt: number;
  /** Of the execution: after another redrive, the attempt is not taken up again. */
  readonly redrive: number;
  /** ISO 8601, UTC. */
  readonly parkedAt: string;
  /** The commit, as JSON. */
  readonly commit: Blob;
  /** Whether the endpoint was asked to take what the attempt has made. */
  readonly isRequested?: true;
}

/** What the state machine hands to the function of a step that deploys: without `deployment` first. */
export interface DeployEvent extends TaskEvent {
  readonly deployment?: ParkedAttempt;
}

export interface DeployAnswer extends TaskAnswer {
  /** Until the endpoint is in service. */
  readonly deployment?: ParkedAttempt;
  /** `Deployed`, or the endpoint's; where it is something that settles by itself, the machine waits for that. */
  readonly status?: string;
}

/** What SageMaker is still busy with: the machine waits, and the function has nothing to do. */
export const unsettled: readonly string[] = ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"];

export interface DeployPerformance extends Performance {
  readonly deployment?: ParkedAttempt;
}

/** Whether an attempt goes on with what it has parked; after a redrive of the execution, another one begins. */
export function isTakenUp<T extends { readonly redrive: number }>(
  parked: T | undefined,
  redrive: number | undefined,
): parked is T {
  return parked !== undefined && parked.redrive === (redrive ?? 0);
}
