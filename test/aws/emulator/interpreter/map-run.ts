import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Json, MapState } from "./definition.ts";
import { Aborted, StateError } from "./errors.ts";
import type { Execution } from "./execution.ts";

interface Limits {
  readonly maxConcurrency: number;
  readonly toleratedCount: number;
  readonly toleratedPercentage: number;
}

/** The children of a distributed Map: executions with names and histories of their own. */
export class MapRun {
  readonly arn: string;
  readonly execution: Execution;
  readonly children: Execution[];
  readonly limits: Limits;
  readonly startDate = Date.now() / 1000;
  stopDate: number | undefined;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED" = "RUNNING";
  redriveCount = 0;

  constructor(execution: Execution, state: MapState, inputs: readonly Json[], limits: Limits) {
    const label = state.Label ?? randomUUID();
    const prefix = execution.arn.split(":").slice(0, 5).join(":");
    this.arn = `${prefix}:mapRun:${execution.machineName}/${label}:${randomUUID()}`;
    this.execution = execution;
    this.limits = limits;
    this.children = inputs.map((input) => execution.child(state.ItemProcessor, label, this.arn, input));
    execution.mapRuns.push(this);
  }

  /** Runs the children that have not succeeded yet; gives the outputs of those that did. */
  async run(outerSignal: AbortSignal): Promise<Json[]> {
    this.status = "RUNNING";
    const stop = new AbortController();
    const signal = AbortSignal.any([outerSignal, stop.signal]);
    setMaxListeners(0, signal);
    const waiting = this.children.filter(({ status }) => status !== "SUCCEEDED").values();
    const worker = async () => {
      for (const child of waiting) {
        if (signal.aborted) return;
        await child.run(signal);
        if (this.#exceeded()) stop.abort(new Aborted());
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.limits.maxConcurrency, this.children.length) }, worker));
    this.stopDate = Date.now() / 1000;
    this.status = outerSignal.aborted ? "ABORTED" : this.#exceeded() ? "FAILED" : "SUCCEEDED";
    outerSignal.throwIfAborted();
    if (this.status === "FAILED")
      throw new StateError(
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
      );
    return this.children.flatMap((child) => (child.output === undefined ? [] : [child.output]));
  }

  /** How many children are in each status, as DescribeMapRun counts them. */
  counts() {
    const count = (...statuses: string[]) => this.children.filter(({ status }) => statuses.includes(status)).length;
    return {
      pending: count("PENDING"),
      running: count("RUNNING"),
      succeeded: count("SUCCEEDED"),
      failed: count("FAILED"),
      timedOut: count("TIMED_OUT"),
      aborted: count("ABORTED"),
      total: this.children.length,
    };
  }

  #exceeded(): boolean {
    const { failed, timedOut, total } = this.counts();
    const failures = failed + timedOut;
    const { toleratedCount, toleratedPercentage } = this.limits;
    if (failures === 0) return false;
    return toleratedPercentage > 0 ? (failures / total) * 100 > toleratedPercentage : failures > toleratedCount;
  }
}
