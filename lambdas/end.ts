// Records how a run ended that could not do so itself: EventBridge tells of executions that failed, timed out or were stopped.
import { constants } from "node:os";
import { childExecutions, executionHistory } from "../lib/aws/step-functions.ts";
import { iterationCount } from "../lib/flow/path.ts";
import { AttemptUnknownError, RunUnknownError } from "../lib/metadata/errors.ts";
import type { Failure } from "../lib/metadata/records.ts";
import type { RunEnd, TaskAddress } from "../lib/metadata/store.ts";
import { TaskTimeoutError } from "../lib/task/errors.ts";
import { toFailure } from "../lib/task/failure.ts";
import { attemptsIn, failureBetweenTasks, type SeenAttempt } from "./history.ts";
import { storesOf, variable } from "./stores.ts";

/** A "Step Functions Execution Status Change". */
interface StatusChange {
  readonly detail: {
    readonly executionArn: string;
    readonly stateMachineArn: string;
    readonly name: string;
    readonly status: "FAILED" | "TIMED_OUT" | "ABORTED";
    /** Milliseconds since 1970, as the other date. */
    readonly startDate: number;
    readonly stopDate: number;
    readonly redriveCount?: number;
    readonly error?: string | null;
    readonly cause?: string | null;
  };
}

const statuses = { FAILED: "failed", TIMED_OUT: "timed_out", ABORTED: "interrupted" } as const;
/** Of a foreach's failed iterations, so many are looked at. */
const mostChildren = 100;

const { client, store } = storesOf(process.env);
const prefix = variable(process.env, "MILLRACE_PREFIX");

export async function handler({ detail }: StatusChange): Promise<void> {
  const { executionArn: arn, name: run, redriveCount: redrive = 0 } = detail;
  const machine = detail.stateMachineArn.split(":").at(-1) ?? "";
  // Iterations of a distributed Map are executions of their own; what became of them is read when the run itself ends.
  if (machine.includes("/")) return;
  const flow = machine.slice(prefix.length);
  const endedAt = new Date(detail.stopDate).toISOString();
  const failures: Failure[] = [];
  for (const attempt of await lostAttempts(arn)) failures.push(...(await recordFailure(flow, run, attempt, endedAt)));
  const end: RunEnd = {
    status: statuses[detail.status],
    endedAt,
    redrive,
    failure: failures.at(-1) ?? failureOf(detail.error ?? detail.status, detail.cause ?? ""),
  };
  try {
    await store.endRun(flow, run, end);
  } catch (error) {
    if (!(error instanceof RunUnknownError)) throw error;
    const startedAt = new Date(detail.startDate).toISOString();
    const owner = { kind: "execution", arn, startedAt } as const;
    await store.beginRun({ flow, run, status: "running", startedAt, parameters: {}, tags: [], owner });
    await store.endRun(flow, run, end);
  }
}

/** The attempts of an execution, and of its failed children, that did not succeed; the last is the one that the execution failed of. */
async function lostAttempts(execution: string): Promise<SeenAttempt[]> {
  const events = await executionHistory(client, execution);
  const seen = attemptsIn(events);
  const attempts = seen.filter(({ end }) => !end?.succeeded);
  if (events.some(({ type }) => type === "MapRunStarted")) {
    for (const status of ["FAILED", "TIMED_OUT", "ABORTED"] as const) {
      for (const child of await childExecutions(client, execution, status, mostChildren)) {
        attempts.push(...(await lostAttempts(child)));
      }
    }
  } else {
    attempts.push(...failureBetweenTasks(events, seen));
  }
  const ended = ({ end }: SeenAttempt) => end?.at.getTime() ?? 0;
  return attempts.sort((a, b) => ended(a) - ended(b));
}

/** Marks the attempt as failed, also where its task died without a word, and gives what is on record of why: the task itself knows best. */
async function recordFailure(flow: string, run: string, attempt: SeenAttempt, endedAt: string): Promise<Failure[]> {
  const { task, tokens, startedAt, end } = attempt;
  const exceeded = exceededTime(attempt);
  const seen = !end
    ? failureOf("Interrupted", "The run ended before the attempt did.")
    : task && exceeded !== undefined
      ? toFailure(new TaskTimeoutError(task.step, exceeded))
      : failureOf(end.error, end.cause);
  if (!task) return end ? [seen] : [];
  const count = iterationCount(task.counts ?? "", task.path);
  const { step, path, visit } = task;
  const address: TaskAddress = { flow, run, step, path, visit, ...(count !== undefined && { count }) };
  for (const token of tokens) {
    try {
      await store.failAttempt(address, token, end?.at.toISOString() ?? endedAt, seen);
    } catch (error) {
      if (!(error instanceof AttemptUnknownError)) throw error;
      await store.startAttempt(address, token, startedAt.toISOString());
      await store.failAttempt(address, token, end?.at.toISOString() ?? endedAt, seen);
    }
  }
  const record = await store.task(address);
  if (!end || record?.committed) return [];
  const last = record?.attempts.at(-1);
  return [{ ...(last?.failure ?? seen), task: { step, path, visit }, ...(last && { attempt: last.attempt }) }];
}

/** The seconds that an attempt had, where it took longer: the state's, or those of a Batch job, which its description in the cause tells. */
function exceededTime({ timeout, end }: SeenAttempt): number | undefined {
  if (end?.error === "States.Timeout") return timeout;
  const { StatusReason, Timeout } = parse(end?.cause ?? "");
  return StatusReason === "Job attempt duration exceeded timeout" ? Timeout?.AttemptDurationSeconds : undefined;
}

/** Causes are JSON where a service failed: Lambda's error, or the description of a Batch job. */
function failureOf(error: string, cause: string): Failure {
  const { errorType, errorMessage, StatusReason, Container } = parse(cause);
  const reason = [StatusReason, Container?.Reason, exitOf(Container?.ExitCode)].filter(Boolean).join(": ");
  return { name: String(errorType ?? error), message: String(errorMessage ?? (reason || cause || error)) };
}

/** A container's exit code is 128 and the signal's number where a signal ended it. */
function exitOf(code: unknown): string | undefined {
  if (typeof code !== "number" || code === 0) return undefined;
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return signal === undefined ? `exit code ${code}` : `exit code ${code}, which is ${signal}`;
}

function parse(cause: string) {
  try {
    const parsed = JSON.parse(cause);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
