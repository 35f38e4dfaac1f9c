import type { StepDefinition } from "../../lib/flow/definition.ts";
import { batchEnvironment } from "../../lib/task/events.ts";
import type { Exit, Task } from "./asl.ts";
import { type Around, evaluated, shard, stepState } from "./expressions.ts";
import { retriers, serviceRetriers } from "./retry.ts";
import type { Substitutions } from "./substitutions.ts";

/** What names the attempt that a state makes. */
export const attempt = { retry: "$states.context.State.RetryCount", redrive: "$states.context.Execution.RedriveCount" };

/** Whether the step's tasks are Batch jobs. */
export function runsOnBatch({ body, compute }: StepDefinition): boolean {
  return body.kind === "command" || compute?.kind === "batch";
}

/** Validates the parameters and registers the run. */
export function beginTask(substitutions: Substitutions, next: string): Task {
  const execution = "'arn': Id, 'name': Name, 'startedAt': StartTime, 'redrive': RedriveCount";
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: {
      FunctionName: substitutions.shared("begin"),
      Payload: evaluated(`{'input': $states.input, 'execution': $states.context.Execution.{${execution}}}`),
    },
    Retry: [serviceRetriers.lambda],
    Output: { run: evaluated("$states.context.Execution.Name"), path: "", visit: 0, from: "" },
    Next: next,
  };
}

export function lambdaTask(functionName: string, { retry, timeout }: StepDefinition, around: Around, exit: Exit): Task {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: {
      FunctionName: functionName,
      Payload: evaluated(stepState(around, attempt)),
    },
    Retry: retriers(serviceRetriers.lambda, retry),
    ...(timeout !== undefined && { TimeoutSeconds: Math.ceil(timeout) }),
    ...exit,
  };
}

/**
 * A step's time-out is the job's, not the state's: the state's clock runs while the job waits for a machine. Batch knows none under a minute.
 */
export function batchTask(
  flow: string,
  step: string,
  { retry, timeout }: StepDefinition,
  around: Around,
  substitutions: Substitutions,
  exit: Exit,
): Task {
  const { run, path, visit, from, counts, retry: retries, redrive } = batchEnvironment;
  const values = {
    [run]: "$states.input.run",
    [path]: "$states.input.path",
    [visit]: "$string($states.input.visit)",
    [from]: "$states.input.from",
    ...(around.depth > 0 && { [counts]: "$states.input.counts" }),
    [retries]: `$string(${attempt.retry})`,
    [redrive]: `$string(${attempt.redrive})`,
  };
  return {
    Type: "Task",
    Resource: "arn:aws:states:::batch:submitJob.sync",
    Arguments: {
      JobName: jobName(flow, step),
      JobDefinition: substitutions.ofStep("job", step),
      JobQueue: substitutions.ofStep("queue", step),
      PropagateTags: true,
      ...(timeout !== undefined && { Timeout: { AttemptDurationSeconds: Math.max(60, Math.ceil(timeout)) } }),
      ContainerOverrides: {
        Environment: Object.entries(values).map(([Name, value]) => ({ Name, Value: evaluated(value) })),
      },
    },
    Retry: retriers(serviceRetriers.batch, retry),
    ...exit,
  };
}

/**
 * Reads the choice and the count of a task that could not answer with them. Of the marks that the key's parts are freed of, the name of an
 * execution can have `@` alone, and that of a step none.
 */
export function readRecord(step: string, around: Around, substitutions: Substitutions, exit: Exit): Task {
  const partition = `'${substitutions.shared("flow")}#R#' & $replace(run, '@', '%40') & '#${step}#' & (${shard(around)})`;
  return {
    Type: "Task",
    Resource: "arn:aws:states:::dynamodb:getItem",
    Arguments: {
      TableName: substitutions.shared("table"),
      Key: {
        pk: { S: evaluated(`$states.input.(${partition})`) },
        sk: { S: evaluated("$states.input.(path & '#' & visit)") },
      },
      ConsistentRead: true,
      ProjectionExpression: "#t, #c",
      ExpressionAttributeNames: { "#t": "transition", "#c": "count" },
    },
    Retry: [serviceRetriers.dynamodb],
    ...exit,
  };
}

/** Batch takes letters, digits, "-" and "_", beginning with a letter or digit, 128 of them. */
function jobName(flow: string, step: string): string {
  const name = `${flow}-${step}`.replace(/[^A-Za-z0-9_-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, 128) || "step";
}
