import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Json, JsonObject, Machine } from "./definition.ts";
import { Aborted, toStateError } from "./errors.ts";
import { History } from "./history.ts";
import { type Progress, runMachine } from "./machine.ts";
import type { MapRun } from "./map-run.ts";

export type Status = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED" | "TIMED_OUT";

class TimedOut extends Error {}

export interface Origin {
  readonly machine: Machine;
  readonly stateMachineArn: string;
  readonly roleArn: string;
  readonly name: string;
  readonly input: Json;
  /** The map run that the execution is a child of. */
  readonly mapRunArn?: string;
  /** Told of each new execution, children included, and of each change of status. */
  readonly onChange: (execution: Execution) => void;
}

/** One execution of a machine, from its start through its redrives. */
export class Execution {
  readonly origin: Origin;
  readonly arn: string;
  readonly machineName: string;
  readonly history = new History();
  readonly mapRuns: MapRun[] = [];
  status: Status = "PENDING";
  startDate = Date.now() / 1000;
  stopDate: number | undefined;
  redriveDate: number | undefined;
  redriveCount = 0;
  output: Json | undefined;
  error: string | undefined;
  cause: string | undefined;
  readonly #progress: Progress;
  #stop = new AbortController();

  constructor(origin: Origin) {
    this.origin = origin;
    const [prefix, name] = origin.stateMachineArn.split(":stateMachine:");
    this.machineName = String(name).replace(/\/.*/, "");
    this.arn = `${prefix}:execution:${name}:${origin.name}`;
    this.#progress = { input: origin.input, variables: {} };
  }

  /** `$states.context` without the parts that belong to a state. */
  context(): JsonObject {
    const { origin } = this;
    return {
      Execution: {
        Id: this.arn,
        Input: origin.input,
        Name: origin.name,
        RoleArn: origin.roleArn,
        StartTime: new Date(this.startDate * 1000).toISOString(),
        RedriveCount: this.redriveCount,
        ...(this.redriveDate && { RedriveTime: new Date(this.redriveDate * 1000).toISOString() }),
      },
      StateMachine: { Id: origin.stateMachineArn, Name: this.machineName },
    };
  }

  /** A child of a distributed Map: a name of its own, and no variables of its parent. */
  child(machine: Machine, label: string, mapRunArn: string, input: Json): Execution {
    const { stateMachineArn } = this.origin;
    return new Execution({
      ...this.origin,
      machine,
      stateMachineArn: `${stateMachineArn}/${label}`,
      name: randomUUID(),
      input,
      mapRunArn,
    });
  }

  /** Runs until the execution ends; one that has ended before is redriven from where it failed. */
  async run(outerSignal?: AbortSignal): Promise<void> {
    this.#begin();
    this.#stop = new AbortController();
    const signal = outerSignal ? AbortSignal.any([outerSignal, this.#stop.signal]) : this.#stop.signal;
    setMaxListeners(0, signal);
    const { TimeoutSeconds } = this.origin.machine;
    const timer = TimeoutSeconds && setTimeout(() => this.#stop.abort(new TimedOut()), TimeoutSeconds * 1000);
    try {
      this.output = await runMachine(this.origin.machine, this.#progress, {
        execution: this,
        history: this.history,
        signal,
        outer: {},
      });
      this.#end("SUCCEEDED", "ExecutionSucceeded", { output: JSON.stringify(this.output) });
    } catch (error) {
      this.#fail(signal.aborted ? signal.reason : error);
    } finally {
      if (timer) clearTimeout(timer);
    }
  }

  /** StopExecution: what runs is abandoned, Batch jobs are terminated. */
  stop(error?: string, cause?: string): void {
    Object.assign(this, { error, cause });
    this.#stop.abort(new Aborted());
  }

  get redrivable(): boolean {
    return ["FAILED", "ABORTED", "TIMED_OUT"].includes(this.status);
  }

  #begin(): void {
    const { input, roleArn } = this.origin;
    if (this.redrivable) {
      this.redriveCount++;
      this.redriveDate = Date.now() / 1000;
      this.stopDate = this.error = this.cause = undefined;
      this.history.add("ExecutionRedriven", { redriveCount: this.redriveCount });
    } else {
      this.startDate = Date.now() / 1000;
      this.history.add("ExecutionStarted", { input: JSON.stringify(input), roleArn });
    }
    this.status = "RUNNING";
    this.origin.onChange(this);
  }

  #fail(reason: unknown): void {
    if (reason instanceof TimedOut) {
      this.#end("TIMED_OUT", "ExecutionTimedOut", {});
    } else if (reason instanceof Aborted) {
      this.#end("ABORTED", "ExecutionAborted", { error: this.error, cause: this.cause });
    } else {
      const { error, message } = toStateError(reason);
      Object.assign(this, { error, cause: message });
      this.#end("FAILED", "ExecutionFailed", { error, cause: message });
    }
  }

  #end(status: Status, event: string, details: object): void {
    this.history.add(event, details);
    this.stopDate = Date.now() / 1000;
    this.status = status;
    this.origin.onChange(this);
  }
}
