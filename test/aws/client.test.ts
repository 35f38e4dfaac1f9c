import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateStateMachineCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { type Client, openClient } from "../../lib/client/index.ts";
import { InlineBudget, storeArtifact } from "../../lib/data/artifacts.ts";
import { S3BlobStore } from "../../lib/data/blobs/s3.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import { address, runRecord, time } from "../metadata/store-specification.ts";
import { clientConfig, startExecution, stepFunctions, waitForExecution } from "./support/deploy.ts";
import { createTable } from "./support/records-table.ts";

const aws = inject("aws");
const signed = new AwsClient(aws.env);
const bucket = "client-artifacts";
let records: DynamoMetadataStore;
let client: Client;

beforeAll(async () => {
  for (const [name, value] of Object.entries(aws.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  const table = await createTable(signed, "client-records");
  await new S3Client({ ...clientConfig(aws), forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }));
  records = new DynamoMetadataStore({ table, client: signed });
  client = await openClient({ table, bucket });
});

afterAll(async () => {
  await client?.close();
  vi.unstubAllEnvs();
});

describe("a client of a store on AWS", () => {
  it("reads artifacts and console lines", async () => {
    await records.beginRun(runRecord({ steps: ["start", "end"] }));
    const log = { kind: "cloudwatch", group: "/aws/lambda/end", stream: "2026/01/01/[1]ab", request: "mine" } as const;
    // CloudWatch takes no events that are older than two weeks.
    const now = new Date();
    const at = now.toISOString();
    await records.startAttempt(address("end"), "0.0", at, log);
    const blobs = new S3BlobStore(signed, bucket, "");
    const weights = await storeArtifact(new Float64Array(5_000).fill(0.5), "weights", blobs, new InlineBudget());
    await records.commit(address("end"), "0.0", at, { attempt: 0, artifacts: { weights }, transition: -1 });
    const line = (requestId: string, level: string, message: string) => JSON.stringify({ requestId, level, message });
    const platform = (type: string, requestId: string) => JSON.stringify({ type, record: { requestId } });
    await putLogEvents(log.group, log.stream, now, [
      platform("platform.start", "other"),
      line("other", "INFO", "not mine"),
      "nor this",
      platform("platform.start", "mine"),
      line("mine", "INFO", "total is 3\nand more"),
      "written past the console",
      line("mine", "ERROR", "careful"),
      platform("platform.report", "mine"),
    ]);

    const task = await client.get("Train/latest/end/0");
    expect(await task.artifact("weights").value()).toEqual(new Float64Array(5_000).fill(0.5));
    const lines: unknown[] = [];
    for await (const each of task.lines()) lines.push(each);
    expect(lines).toEqual([
      { attempt: 0, time: at, stream: "stdout", text: "total is 3" },
      { attempt: 0, time: at, stream: "stdout", text: "and more" },
      { attempt: 0, time: at, stream: "stdout", text: "written past the console" },
      { attempt: 0, time: at, stream: "stderr", text: "careful" },
    ]);
  });

  it("records the end of a run that nobody told of", async () => {
    const execution = await failedExecution();
    const arn = String(execution.executionArn);
    const owner = { kind: "execution", arn, startedAt: time(0) } as const;
    await records.beginRun(runRecord({ flow: "Silent", run: "old", owner }));
    const ended = {
      status: "failed",
      endedAt: execution.stopDate?.toISOString(),
      failure: { name: "TooFew", message: "three rows" },
    };
    expect(await client.flow("Silent").run("old")).toMatchObject(ended);
    expect(await records.run("Silent", "old")).toMatchObject(ended);
  });

  it("leaves a run alone that began just now, and finds one lost whose execution is gone", async () => {
    const arn = "arn:aws:states:us-east-1:123456789012:execution:none:gone";
    const begin = (run: string, startedAt: string) =>
      records.beginRun(runRecord({ flow: "Gone", run, startedAt, owner: { kind: "execution", arn, startedAt } }));
    await begin("young", new Date().toISOString());
    await begin("old", time(0));
    expect((await client.flow("Gone").runs()).map(({ id, status }) => [id, status])).toEqual([
      ["young", "running"],
      ["old", "lost"],
    ]);
    expect((await records.run("Gone", "old"))?.status).toBe("running");
  });
});

async function putLogEvents(
  logGroupName: string,
  logStreamName: string,
  at: Date,
  messages: readonly string[],
): Promise<void> {
  const logs = new CloudWatchLogsClient(clientConfig(aws));
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const logEvents = messages.map((message) => ({ message, timestamp: at.getTime() }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

async function failedExecution() {
  const { stateMachineArn } = await stepFunctions(aws).send(
    new CreateStateMachineCommand({
      name: "silent",
      roleArn: "arn:aws:iam::123456789012:role/any",
      definition: JSON.stringify({
        QueryLanguage: "JSONata",
        StartAt: "Fail",
        States: { Fail: { Type: "Fail", Error: "TooFew", Cause: "three rows" } },
      }),
    }),
  );
  return await waitForExecution(aws, await startExecution(aws, String(stateMachineArn)));
}
