import { callBatch, callJson, request, ServiceError, speaksJson } from "./aws.ts";
import type { Json, JsonObject } from "./definition.ts";
import { Aborted, StateError } from "./errors.ts";
import type { History } from "./history.ts";

export interface TaskRun {
  readonly resource: string;
  readonly input: Json;
  readonly history: History;
  /** Seconds that the task may take. */
  readonly timeout?: number;
  /** Fires when the execution is stopped, a sibling fails or the state times out; its reason says which. */
  readonly signal: AbortSignal;
  /** The execution that the task belongs to. */
  readonly executionArn: string;
}

const POLL_MILLISECONDS = 50;

/** Calls the service that a Task's `Resource` names and returns the task's result. */
export async function runTask(run: TaskRun): Promise<Json> {
  const integration = parseResource(run.resource);
  const details = { resourceType: integration.service, resource: integration.action };
  run.history.add("TaskScheduled", {
    ...details,
    region: "us-east-1",
    parameters: JSON.stringify(run.input),
    ...(run.timeout !== undefined && { timeoutInSeconds: run.timeout }),
  });
  run.history.add("TaskStarted", details);
  try {
    const result = await integrate(integration, run, details);
    run.history.add("TaskSucceeded", { ...details, output: JSON.stringify(result) });
    return result;
  } catch (error) {
    const failure =
      error instanceof ServiceError
        ? new StateError(`${integration.prefix}.${errorName(integration, error)}`, error.message)
        : error;
    if (failure instanceof StateError)
      run.history.add(failure.error === "States.Timeout" ? "TaskTimedOut" : "TaskFailed", {
        ...details,
        error: failure.error,
        cause: failure.message,
      });
    throw failure;
  }
}

interface Integration {
  readonly service: string;
  readonly action: string;
  /** What the service's errors begin with, e.g. `Lambda` in `Lambda.TooManyRequestsException`. */
  readonly prefix: string;
}

function parseResource(resource: string): Integration {
  const [, , kind, , , first, ...rest] = resource.split(":");
  if (kind === "lambda") return { service: "lambda", action: "function", prefix: "Lambda" };
  const [service, action] = first === "aws-sdk" ? [rest[0], rest[1]] : [first, rest.join(":")];
  if (kind !== "states" || service === undefined || action === undefined)
    throw new StateError("States.Runtime", `The resource ${resource} is not emulated.`);
  const prefixes: Record<string, string> = {
    dynamodb: first === "aws-sdk" ? "DynamoDb" : "DynamoDB",
    lambda: "Lambda",
    batch: "Batch",
    sfn: "Sfn",
    sagemaker: "SageMaker",
  };
  return { service, action, prefix: prefixes[service] ?? capitalize(service) };
}

function integrate(integration: Integration, run: TaskRun, details: object): Promise<Json> {
  const { service, action } = integration;
  const input = run.input as JsonObject;
  if (service === "lambda" && action === "function")
    return invokeFunction(run.resource, run.input, run.signal).then(({ payload }) => payload);
  if (service === "lambda" && action === "invoke") return invokeAsTask(input, run.signal);
  if (service === "batch" && action.startsWith("submitJob"))
    return submitJob(input, action.endsWith(".sync"), run, details);
  const api = service === "sfn" ? "states" : service;
  if (!speaksJson(api)) throw new StateError("States.Runtime", `The resource ${run.resource} is not emulated.`);
  return interruptible(callJson(api, capitalize(action), api === "states" ? lowerKeys(input) : input), run.signal);
}

function errorName(integration: Integration, error: ServiceError): string {
  return integration.service === "lambda" && error.status >= 500 ? "ServiceException" : error.code;
}

async function invokeAsTask(input: JsonObject, signal: AbortSignal): Promise<Json> {
  const qualifier = input.Qualifier === undefined ? "" : `:${input.Qualifier}`;
  const { payload, version } = await invokeFunction(`${input.FunctionName}${qualifier}`, input.Payload ?? {}, signal);
  return { ExecutedVersion: version, Payload: payload, StatusCode: 200 };
}

/** Invokes a function. An abort ends the wait, not the function: it may commit late, as on AWS. */
async function invokeFunction(
  name: string,
  payload: Json,
  signal: AbortSignal,
): Promise<{ payload: Json; version: string }> {
  const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  const response = await interruptible(
    request("lambda", "POST", path, { "content-type": "application/json" }, JSON.stringify(payload)),
    signal,
  );
  const text = await response.text();
  const content = text === "" ? null : (JSON.parse(text) as Json);
  if (response.headers.has("x-amz-function-error"))
    throw new StateError(String((content as JsonObject).errorType ?? "Error"), text);
  return { payload: content, version: response.headers.get("x-amz-executed-version") ?? "$LATEST" };
}

async function submitJob(input: JsonObject, wait: boolean, run: TaskRun, details: object): Promise<Json> {
  const overrides = (input.ContainerOverrides ?? {}) as JsonObject;
  const managed = [
    ...((overrides.Environment ?? []) as JsonObject[]),
    { Name: "MANAGED_BY_AWS", Value: "STARTED_BY_STEP_FUNCTIONS" },
  ];
  const submitted = await callBatch(
    "submitjob",
    lowerKeys({ ...input, ContainerOverrides: { ...overrides, Environment: managed } }),
  );
  const jobId = String(submitted.jobId);
  run.history.add("TaskSubmitted", { ...details, output: JSON.stringify(upperKeys(submitted)) });
  if (!wait) return upperKeys(submitted);
  try {
    return await jobResult(jobId, run.signal);
  } catch (error) {
    if (run.signal.aborted) await callBatch("terminatejob", { jobId, reason: `Terminated by ${run.executionArn}` });
    throw error;
  }
}

async function jobResult(jobId: string, signal: AbortSignal): Promise<Json> {
  for (;;) {
    const { jobs } = await interruptible(callBatch("describejobs", { jobs: [jobId] }), signal);
    const job = (jobs as JsonObject[])[0];
    if (job?.status === "SUCCEEDED") return upperKeys(job);
    if (job?.status === "FAILED") throw new StateError("States.TaskFailed", JSON.stringify(upperKeys(job)));
    await sleep(POLL_MILLISECONDS, signal);
  }
}

/** The promise, or the signal's reason if that comes first. */
export function interruptible<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const stop = () => fail(signal.reason ?? new Aborted());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(done, fail).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Waits, unless the signal fires first. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const wait = new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
  });
  return interruptible(wait, signal).finally(() => clearTimeout(timer));
}

// Step Functions writes Batch's and its own API's names with a capital; maps of the user's own names stay as they are.
const USER_MAPS = new Set(["parameters", "tags"]);

function lowerKeys(value: Json): Json {
  return renameKeys(value, (name) => name.charAt(0).toLowerCase() + name.slice(1));
}

function upperKeys(value: Json): Json {
  return renameKeys(value, capitalize);
}

function renameKeys(value: Json, rename: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      rename(name),
      USER_MAPS.has(name.toLowerCase()) ? member : renameKeys(member, rename),
    ]),
  );
}

function capitalize(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
