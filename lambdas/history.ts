import type { HistoryEvent } from "../lib/aws/step-functions.ts";
import { isTakenUp } from "../lib/task/deploy/protocol.ts";
import { batchEnvironment } from "../lib/task/events.ts";
import type { StepState } from "../lib/task/protocol.ts";
import { attemptToken } from "./token.ts";

/** An attempt as the state machine saw it. */
export interface SeenAttempt {
  /** Absent for the state that begins the run. */
  readonly task?: StepState & { readonly step: string };
  /** One for each attempt of a Batch job. */
  readonly tokens: readonly string[];
  readonly startedAt: Date;
  /** Seconds that the state gave it. */
  readonly timeout?: number;
  /** Absent while it runs. */
  readonly end?: { readonly at: Date; readonly succeeded: boolean; readonly error: string; readonly cause: string };
}

/** The attempts in an execution's history, in the order of their starts. */
export function attemptsIn(events: readonly HistoryEvent[]): SeenAttempt[] {
  const states = new Map<number, string>();
  const scheduled = new Map<number, number>();
  const attempts = new Map<number, SeenAttempt>();
  for (const event of events) {
    const { id, previousEventId, stateEnteredEventDetails: entered } = event;
    const at = new Date(event.timestamp * 1000);
    const state = entered?.name ?? states.get(previousEventId);
    if (state !== undefined) states.set(id, state);
    const schedule = event.type === "TaskScheduled" ? id : scheduled.get(previousEventId);
    if (schedule === undefined) continue;
    scheduled.set(id, schedule);
    if (schedule === id) {
      const { parameters, timeoutInSeconds: timeout } = event.taskScheduledEventDetails ?? {};
      attempts.set(id, {
        ...readTask(state ?? "", parameters),
        startedAt: at,
        ...(timeout !== undefined && { timeout }),
      });
      continue;
    }
    const attempt = attempts.get(schedule);
    const { error = "", cause = "" } = failureDetails(event) ?? {};
    if (attempt && isEnd(event)) {
      const { startedAt, ...known } = attempt;
      attempts.set(schedule, {
        ...known,
        startedAt,
        ...(!isParked(event) && { end: { at, succeeded: event.type === "TaskSucceeded", error, cause } }),
      });
      scheduled.delete(id);
    }
  }
  return lastOfEach([...attempts.values()]);
}

/** How an execution failed that no attempt of a task failed in: at a choice, say, or between two states. */
export function failureBetweenTasks(events: readonly HistoryEvent[], attempts: readonly SeenAttempt[]): SeenAttempt[] {
  const last = events.at(-1);
  if (!last?.executionFailedEventDetails || attempts.some(({ end }) => end && !end.succeeded)) return [];
  const { error = "", cause = "" } = last.executionFailedEventDetails;
  const at = new Date(last.timestamp * 1000);
  return [{ tokens: [], startedAt: at, end: { at, succeeded: false, error, cause } }];
}

/** The attempt goes on in a later state: it waits for an endpoint. */
function isParked({ taskSucceededEventDetails: { output = "{}" } = {} }: HistoryEvent): boolean {
  return JSON.parse(output).Payload?.deployment !== undefined;
}

/** An attempt that deploys is seen in several states: the last tells how it stands. */
function lastOfEach(attempts: readonly SeenAttempt[]): SeenAttempt[] {
  const last = new Map<unknown, SeenAttempt>();
  for (const attempt of attempts) {
    const { task, tokens } = attempt;
    const key = task === undefined ? attempt : [task.step, task.path, task.visit, ...tokens].join("/");
    last.delete(key);
    last.set(key, attempt);
  }
  return [...last.values()];
}

function isEnd({ type }: HistoryEvent): boolean {
  return /^Task(Succeeded|Failed|TimedOut|StartFailed|SubmitFailed)$/.test(type);
}

function failureDetails(event: HistoryEvent) {
  return (
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskStartFailedEventDetails ??
    event.taskSubmitFailedEventDetails
  );
}

/** The task that a Task state's parameters name: a Lambda function's payload, or a Batch job's environment. */
function readTask(state: string, parameters = "{}"): Omit<SeenAttempt, "startedAt"> {
  const { Payload, ContainerOverrides } = JSON.parse(parameters);
  // States around a step are named behind it and a colon.
  const [step = ""] = state.split(":");
  if (Payload?.run !== undefined) {
    const { run, path, visit, from, counts, retry, redrive, deployment } = Payload;
    return {
      task: { step, run, path, visit, from, ...(counts && { counts }) },
      tokens: [isTakenUp(deployment, redrive) ? deployment.token : attemptToken({ retry, redrive })],
    };
  }
  if (!ContainerOverrides) return { tokens: [] };
  const values = new Map<string, string>();
  for (const { Name, Value } of ContainerOverrides.Environment) values.set(Name, Value);
  const value = (name: keyof typeof batchEnvironment) => values.get(batchEnvironment[name]) ?? "";
  const counts = value("counts");
  const marks = { retry: Number(value("retry")), redrive: Number(value("redrive")) };
  return {
    task: {
      step,
      run: value("run"),
      path: value("path"),
      visit: Number(value("visit")),
      from: value("from"),
      ...(counts && { counts }),
    },
    tokens: [attemptToken({ ...marks, job: 1 })],
  };
}
