import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import type { RunRecord } from "../../metadata/records.ts";
import type { MetadataStore, RunEnd } from "../../metadata/store.ts";
import { sdk } from "./sdk.ts";

/** Milliseconds after which a run that is on record as running is looked up: until then its end may just be on its way. */
const patience = 5 * 60_000;

const statuses = { SUCCEEDED: "succeeded", FAILED: "failed", TIMED_OUT: "timed_out", ABORTED: "interrupted" } as const;

/**
 * The run as its execution says that it is. The event that tells of an execution's end is not certain to come: a run that is on record as
 * running for long is checked when it is read, and its end recorded. One whose execution is gone is lost. Where the reader may not look, or
 * not write, that is no error.
 */
export async function mendRun(records: MetadataStore, run: RunRecord): Promise<RunRecord> {
  if (run.status !== "running" || run.owner.kind !== "execution") return run;
  if (Date.now() - Date.parse(run.startedAt) < patience) return run;
  const execution = await describe(run.owner.arn);
  if (execution === "gone") return { ...run, status: "lost" };
  const end = execution && endOf(execution);
  if (end === undefined) return run;
  await records.endRun(run.flow, run.run, end).catch(() => {});
  const { redrive, ...ended } = end;
  return { ...run, ...ended };
}

async function describe(executionArn: string): Promise<DescribeExecutionOutput | "gone" | undefined> {
  const { DescribeExecutionCommand, SFNClient } = await sdk("@aws-sdk/client-sfn", () => import("@aws-sdk/client-sfn"));
  const [, , , region = ""] = executionArn.split(":");
  const client = new SFNClient({ region });
  try {
    return await client.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    return (error as Error).name === "ExecutionDoesNotExist" ? "gone" : undefined;
  } finally {
    client.destroy();
  }
}

function endOf({ status, stopDate, redriveCount, error, cause }: DescribeExecutionOutput): RunEnd | undefined {
  if (status === undefined || !Object.hasOwn(statuses, status) || stopDate === undefined) return undefined;
  return {
    status: statuses[status as keyof typeof statuses],
    endedAt: stopDate.toISOString(),
    ...(redriveCount && { redrive: redriveCount }),
    ...(status !== "SUCCEEDED" && { failure: { name: error ?? status, message: cause ?? "" } }),
  };
}
