import { randomUUID } from "node:crypto";
import { callJson, ServiceError } from "./aws.ts";
import { findProblems, type Json, type Machine } from "./definition.ts";
import { Execution } from "./execution.ts";

/** An error of the API, by the name that its clients know. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const MAX_INPUT_BYTES = 256 * 1024;
const executions = new Map<string, Execution>();
const announced = new Map<string, Promise<unknown>>();

type Input = { readonly [name: string]: string | undefined };

/** The operations of the API that are about executions; moto answers those about state machines. */
export const operations: Record<string, (input: Input) => object | Promise<object>> = {
  ValidateStateMachineDefinition: ({ definition }) => ({ diagnostics: findProblems(String(definition)) }),

  async StartExecution({ stateMachineArn, name, input = "{}" }) {
    const described = await describeStateMachine(String(stateMachineArn));
    const execution = new Execution({
      machine: JSON.parse(String(described.definition)) as Machine,
      // An execution of a version or an alias belongs to the machine.
      stateMachineArn: String(stateMachineArn).split(":").slice(0, 7).join(":"),
      roleArn: String(described.roleArn),
      name: name ?? randomUUID(),
      input: parseInput(input),
      onChange,
    });
    const existing = executions.get(execution.arn);
    if (existing !== undefined) {
      if (
        existing.status === "RUNNING" &&
        JSON.stringify(existing.origin.input) === JSON.stringify(execution.origin.input)
      )
        return { executionArn: existing.arn, startDate: existing.startDate };
      throw new ApiError("ExecutionAlreadyExists", `Execution Already Exists: '${execution.arn}'`);
    }
    void execution.run();
    return { executionArn: execution.arn, startDate: execution.startDate };
  },

  DescribeExecution: ({ executionArn }) => describe(find(executionArn)),

  DescribeStateMachineForExecution({ executionArn }) {
    const { origin, machineName, startDate } = find(executionArn);
    return {
      stateMachineArn: origin.stateMachineArn,
      name: machineName,
      definition: JSON.stringify(origin.machine),
      roleArn: origin.roleArn,
      updateDate: startDate,
    };
  },

  GetExecutionHistory({ executionArn, reverseOrder, maxResults, nextToken }) {
    const { events } = find(executionArn).history;
    return page("events", reverseOrder ? events.toReversed() : events, maxResults, nextToken);
  },

  ListExecutions({ stateMachineArn, mapRunArn, statusFilter, maxResults, nextToken }) {
    const found = [...executions.values()].filter(
      ({ origin, status }) =>
        (mapRunArn === undefined ? origin.stateMachineArn === stateMachineArn : origin.mapRunArn === mapRunArn) &&
        (statusFilter === undefined || status === statusFilter),
    );
    return page("executions", found.toReversed().map(summarize), maxResults, nextToken);
  },

  StopExecution({ executionArn, error, cause }) {
    find(executionArn).stop(error, cause);
    return { stopDate: Date.now() / 1000 };
  },

  RedriveExecution({ executionArn }) {
    const execution = find(executionArn);
    if (!execution.redrivable)
      throw new ApiError("ExecutionNotRedrivable", `Execution is ${execution.status} and cannot be redriven`);
    void execution.run();
    return { redriveDate: execution.redriveDate };
  },

  ListMapRuns({ executionArn, maxResults, nextToken }) {
    const runs = find(executionArn).mapRuns.map(({ arn, execution, startDate, stopDate }) => ({
      mapRunArn: arn,
      executionArn: execution.arn,
      stateMachineArn: execution.origin.stateMachineArn,
      startDate,
      stopDate,
    }));
    return page("mapRuns", runs, maxResults, nextToken);
  },

  DescribeMapRun({ mapRunArn }) {
    const run = [...executions.values()].flatMap(({ mapRuns }) => mapRuns).find(({ arn }) => arn === mapRunArn);
    if (run === undefined) throw new ApiError("ResourceNotFound", `Resource not found: '${mapRunArn}'`);
    const counts = { ...run.counts(), resultsWritten: 0 };
    return {
      mapRunArn: run.arn,
      executionArn: run.execution.arn,
      status: run.status,
      startDate: run.startDate,
      stopDate: run.stopDate,
      redriveCount: run.redriveCount,
      maxConcurrency: run.limits.maxConcurrency,
      toleratedFailureCount: run.limits.toleratedCount,
      toleratedFailurePercentage: run.limits.toleratedPercentage,
      itemCounts: counts,
      executionCounts: counts,
    };
  },
};

async function describeStateMachine(stateMachineArn: string) {
  try {
    return await callJson("states", "DescribeStateMachine", { stateMachineArn });
  } catch (error) {
    throw error instanceof ServiceError ? new ApiError(error.code, error.message) : error;
  }
}

function parseInput(input: string): Json {
  if (Buffer.byteLength(input) > MAX_INPUT_BYTES)
    throw new ApiError("InvalidExecutionInput", "The input is larger than 256 KiB");
  try {
    return JSON.parse(input);
  } catch (error) {
    throw new ApiError("InvalidExecutionInput", `Invalid State Machine Execution Input: ${error}`);
  }
}

function find(arn: string | undefined): Execution {
  const execution = executions.get(String(arn));
  if (execution === undefined) throw new ApiError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
  return execution;
}

function summarize({ arn, origin, status, startDate, stopDate, redriveCount, redriveDate }: Execution) {
  const { stateMachineArn, name, mapRunArn } = origin;
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status,
    startDate,
    stopDate,
    redriveCount,
    redriveDate,
    mapRunArn,
  };
}

function describe(execution: Execution) {
  const { origin, output, error, cause } = execution;
  return {
    ...summarize(execution),
    input: JSON.stringify(origin.input),
    ...(output !== undefined && { output: JSON.stringify(output) }),
    error,
    cause,
    redriveStatus: execution.redrivable ? "REDRIVABLE" : "NOT_REDRIVABLE",
  };
}

function page(
  name: string,
  items: readonly object[],
  maxResults: string | undefined,
  nextToken: string | undefined,
): object {
  const first = Number(nextToken ?? 0);
  const next = first + Math.min(Number(maxResults ?? 0) || 1000, 1000);
  return { [name]: items.slice(first, next), ...(next < items.length && { nextToken: String(next) }) };
}

/** Registers an execution when it starts and tells EventBridge of its status, in order. */
function onChange(execution: Execution): void {
  executions.set(execution.arn, execution);
  if (execution.origin.mapRunArn !== undefined) return;
  const { origin, status, startDate, stopDate } = execution;
  const { input, output, error, cause, redriveCount, redriveDate, redriveStatus } = describe(execution);
  const milliseconds = (seconds: number | undefined) => (seconds === undefined ? null : Math.round(seconds * 1000));
  const Detail = JSON.stringify({
    executionArn: execution.arn,
    stateMachineArn: origin.stateMachineArn,
    name: origin.name,
    status,
    startDate: milliseconds(startDate),
    stopDate: milliseconds(stopDate),
    input,
    output: output ?? null,
    error: error ?? null,
    cause: cause ?? null,
    redriveCount,
    redriveDate: milliseconds(redriveDate),
    redriveStatus,
  });
  const entry = {
    Source: "aws.states",
    DetailType: "Step Functions Execution Status Change",
    Detail,
    Resources: [execution.arn],
  };
  const before = announced.get(execution.arn) ?? Promise.resolve();
  announced.set(
    execution.arn,
    before
      .then(() => callJson("events", "PutEvents", { Entries: [entry] }))
      .catch((error: unknown) => console.error(error)),
  );
}
