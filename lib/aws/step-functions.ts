import type { AwsClient } from "./client.ts";
import { callJson, type JsonService } from "./json-protocol.ts";

const states: JsonService = { service: "states", host: "states", version: "1.0", target: "AWSStepFunctions" };

/** As GetExecutionHistory gives it; more members, by the event's type, than are named here. */
export interface HistoryEvent {
  readonly id: number;
  /** Of the event that led to this one: in a branch, the branch's own. */
  readonly previousEventId: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly type: string;
  readonly stateEnteredEventDetails?: { readonly name: string };
  readonly taskScheduledEventDetails?: { readonly parameters: string; readonly timeoutInSeconds?: number };
  readonly taskSucceededEventDetails?: { readonly output?: string };
  readonly taskFailedEventDetails?: EventFailure;
  readonly taskTimedOutEventDetails?: EventFailure;
  readonly taskStartFailedEventDetails?: EventFailure;
  readonly taskSubmitFailedEventDetails?: EventFailure;
  readonly executionFailedEventDetails?: EventFailure;
}

export interface EventFailure {
  readonly error?: string;
  readonly cause?: string;
}

/** All events of an execution, oldest first: 25,000 at most. */
export async function executionHistory(client: AwsClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of pages(client, "GetExecutionHistory", { executionArn, maxResults: 1000 })) {
    events.push(...(page.events as HistoryEvent[]));
  }
  return events;
}

/** The children of an execution's distributed Maps that have a status, the latest first and `limit` of each Map at most. */
export async function childExecutions(
  client: AwsClient,
  executionArn: string,
  statusFilter: "FAILED" | "TIMED_OUT" | "ABORTED",
  limit: number,
): Promise<string[]> {
  const children: string[] = [];
  for await (const { mapRuns } of pages(client, "ListMapRuns", { executionArn })) {
    for (const { mapRunArn } of mapRuns as { mapRunArn: string }[]) {
      const listed = await callJson(client, states, "ListExecutions", { mapRunArn, statusFilter, maxResults: limit });
      children.push(...(listed.executions as { executionArn: string }[]).map((child) => child.executionArn));
    }
  }
  return children;
}

async function* pages(client: AwsClient, operation: string, request: object): AsyncGenerator<Record<string, unknown>> {
  let nextToken: unknown;
  do {
    const page = await callJson(client, states, operation, {
      ...request,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    yield page;
    nextToken = page.nextToken;
  } while (typeof nextToken === "string");
}
