// The runtime of a step on Batch. A step's bundle includes it and gets its `millrace` from here.
import type { LogPointer } from "../lib/metadata/records.ts";
import { batchEnvironment, type TaskEvent } from "../lib/task/events.ts";
import { performTask } from "../lib/task/perform.ts";
import type { StepContext } from "../lib/task/protocol.ts";
import { storesOf, variable } from "./stores.ts";
import { attemptToken } from "./token.ts";

export * from "../lib/index.ts";

process.setSourceMapsEnabled(true);

/** Runs the task that the job's environment names. The process ends with 0 where it succeeded, else with 1 and the error as its last words. */
export async function taskJob(context: StepContext, body?: unknown): Promise<void> {
  try {
    const { store, blobs } = storesOf(process.env);
    const event = readEvent(process.env);
    const token = attemptToken({ ...event, job: Number(process.env.AWS_BATCH_JOB_ATTEMPT ?? 1) });
    const log = await logPointer(process.env, context.step);
    await performTask(store, blobs, context, body, { ...event, token, ...(log && { log }) });
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

function readEvent(env: NodeJS.ProcessEnv): TaskEvent {
  const { run, path, visit, from, counts, retry, redrive } = batchEnvironment;
  return {
    run: variable(env, run),
    path: env[path] ?? "",
    visit: Number(env[visit]),
    from: env[from] ?? "",
    retry: Number(env[retry]),
    redrive: Number(env[redrive] ?? 0),
    ...(env[counts] && { counts: env[counts] }),
  };
}

/** The log driver names a job's stream by the container's task, which the container's agent tells. */
async function logPointer(env: NodeJS.ProcessEnv, prefix: string): Promise<LogPointer | undefined> {
  const { MILLRACE_LOG_GROUP: group, ECS_CONTAINER_METADATA_URI_V4: agent } = env;
  if (!group || !agent) return undefined;
  try {
    const answer = await fetch(`${agent}/task`, { signal: AbortSignal.timeout(2000) });
    const { TaskARN: arn } = (await answer.json()) as { TaskARN: string };
    return { kind: "cloudwatch", group, stream: `${prefix}/default/${arn.split("/").at(-1)}` };
  } catch {
    return undefined;
  }
}
