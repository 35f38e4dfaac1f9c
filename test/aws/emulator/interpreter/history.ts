import { StateError } from "./errors.ts";

/** An event as GetExecutionHistory gives it. */
export interface HistoryEvent {
  readonly id: number;
  /** The event that led to this one: in a branch, the branch's own last event. */
  readonly previousEventId: number;
  /** Seconds since the epoch, as the API's JSON has it. */
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

const MAX_EVENTS = 25_000;

/** A line of events in an execution's history; branches fork it. */
export class History {
  readonly events: HistoryEvent[];
  #last = 0;

  constructor(events: HistoryEvent[] = []) {
    this.events = events;
  }

  /**
   * Adds an event. Its details' name comes from its type: those of `TaskFailed` are `taskFailedEventDetails`.
   *
   * @throws StateError States.Runtime at the service's limit of 25,000 events.
   */
  add(type: string, details?: object): void {
    // The last place is kept for the event that ends the execution.
    if (this.events.length >= MAX_EVENTS - 1 && !/^Execution(Failed|Aborted|TimedOut)$/.test(type))
      throw new StateError(
        "States.Runtime",
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      );
    const id = this.events.length + 1;
    const named = details === undefined ? {} : { [detailsName(type)]: details };
    this.events.push({ id, previousEventId: this.#last, timestamp: Date.now() / 1000, type, ...named });
    this.#last = id;
  }

  /** A line of its own for a branch, which begins at this one's last event. */
  fork(): History {
    const branch = new History(this.events);
    branch.#last = this.#last;
    return branch;
  }
}

function detailsName(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
}
