import type { Json } from "../flow/definition.ts";
import type { StepState } from "./protocol.ts";

/** What the state machine hands to the function that begins a run. */
export interface BeginEvent {
  /** The execution's input: the parameters, as somebody wrote them. */
  readonly input: Json;
  readonly execution: {
    readonly arn: string;
    /** The run's id. */
    readonly name: string;
    /** ISO 8601, UTC. */
    readonly startedAt: string;
    readonly redrive?: number;
  };
}

/** What the state machine hands to a step's function. Retries are those of the state, whatever for; both count from 0. */
export interface TaskEvent extends StepState {
  readonly retry: number;
  readonly redrive?: number;
}

/** What a step's function answers: never data. */
export interface TaskAnswer {
  /** The index of the transition taken, of a step with several. */
  readonly choice?: number;
  /** How many iterations there are, of a step that ends in a foreach. */
  readonly count?: number;
}

/**
 * The environment of a step's Batch job: a {@link TaskEvent}, all of it text. `MILLRACE_COUNTS` and `MILLRACE_REDRIVE` may be empty.
 */
export const batchEnvironment = {
  run: "MILLRACE_RUN",
  path: "MILLRACE_PATH",
  visit: "MILLRACE_VISIT",
  from: "MILLRACE_FROM",
  counts: "MILLRACE_COUNTS",
  retry: "MILLRACE_RETRY",
  redrive: "MILLRACE_REDRIVE",
} as const satisfies Record<keyof TaskEvent, string>;
