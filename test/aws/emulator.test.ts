import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import {
  clientConfig,
  deployStack,
  destroyStack,
  startExecution,
  stepFunctions,
  waitForExecution,
} from "./support/deploy.ts";
import { Faults, Requests } from "./support/emulator.ts";

const aws = inject("aws");
const faults = new Faults(aws.endpoint);
const requests = new Requests(aws.endpoint);
const sfn = stepFunctions(aws);
const dynamodb = new DynamoDBClient(clientConfig(aws));
const s3 = new S3Client({ ...clientConfig(aws), forcePathStyle: true });
const app = "test/aws/support/fixtures/app.ts";

let outputs: Record<string, string>;

/** Runs a machine of the fixture to its end. */
async function run(machine: string, input: unknown = {}) {
  return waitForExecution(aws, await startExecution(aws, String(outputs[`${machine}Arn`]), input));
}

async function outputOf(machine: string, input: unknown = {}): Promise<unknown> {
  const { status, output, error, cause } = await run(machine, input);
  return status === "SUCCEEDED" ? JSON.parse(String(output)) : { status, error, cause };
}

async function eventTypes(executionArn: string | undefined): Promise<unknown[]> {
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  return (events ?? []).map(({ type }) => type);
}

/** Waits until an execution has left a state. */
async function untilExited(executionArn: string, state: string): Promise<void> {
  for (;;) {
    const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    if (events?.some(({ stateExitedEventDetails }) => stateExitedEventDetails?.name === state)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The statuses that the rule's function recorded for an execution, once there are `count` of them. */
async function recordedStatuses(executionArn: string | undefined, count: number): Promise<unknown[]> {
  for (;;) {
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: outputs.TableName }));
    const found = Items.filter(({ pk }) => pk?.S?.startsWith(`event/${executionArn}/`));
    if (found.length >= count) return found.map(({ status }) => status?.S);
    await new Promise((done) => setTimeout(done, 100));
  }
}

beforeAll(async () => {
  outputs = (await deployStack(aws, { app })).Emulated ?? {};
});

afterEach(() => faults.clear());

describe("Step Functions", () => {
  test("a Lambda task gets the payload and runs in the runtime that the function declares", async () => {
    expect(await outputOf("Linear", { a: 1 })).toEqual({
      a: 1,
      revision: 1,
      node: "24",
      request: expect.stringMatching(/^[0-9a-f-]{36}$/),
      arn: expect.stringMatching(/^arn:aws:lambda:us-east-1:123456789012:function:.*:1$/),
      version: "1",
      stream: expect.stringContaining("[1]"),
      group: "/emulated/steps",
      remaining: true,
    });
  });

  test("a linear machine's history", async () => {
    const { executionArn } = await run("Linear");
    expect(await eventTypes(executionArn)).toEqual([
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "ExecutionSucceeded",
    ]);
  });

  test("a handler's error is the execution's error, by its name", async () => {
    const { status, error, cause } = await run("Linear", { fail: true });
    expect({ status, error, message: JSON.parse(String(cause)).errorMessage }).toEqual({
      status: "FAILED",
      error: "ToldToFail",
      message: "as told",
    });
  });

  test.each([
    [0, []],
    [1, [0]],
    [3, [0, 2, 4]],
  ])("a Parallel in a Map over [0..n-1] in a Parallel, n = %i", async (n, doubled) => {
    expect(await outputOf("Nested", { n })).toEqual([doubled, "other"]);
  });

  test.each([0, 1, 5])("a distributed Map's %i children have names of their own", async (n) => {
    const { executionArn, output } = await run("Distributed", { n });
    const name = String(executionArn).split(":").at(-1);
    const results = JSON.parse(String(output)) as { parent: string; name: string }[];
    expect(results.map(({ parent }) => parent)).toEqual(Array(n).fill(name));
    expect(new Set([name, ...results.map((result) => result.name)]).size).toBe(n + 1);
  });

  test("a map run and its children are listed", async () => {
    const { executionArn } = await run("Distributed", { n: 3 });
    const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    const mapRunArn = mapRuns?.[0]?.mapRunArn;
    const { itemCounts, status } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
    expect({ status, total: itemCounts?.total, succeeded: itemCounts?.succeeded }).toEqual({
      status: "SUCCEEDED",
      total: 3,
      succeeded: 3,
    });
    const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions?.map((child) => child.stateMachineArn)).toEqual(Array(3).fill(`${outputs.DistributedArn}/fan`));
  });

  test("failures of children are tolerated up to the percentage", async () => {
    expect(await outputOf("Tolerant", [0, 1, 2, 3])).toEqual([0, 2]);
    expect(await outputOf("Tolerant", [0, 1, 3])).toEqual({
      status: "FAILED",
      error: "States.ExceedToleratedFailureThreshold",
      cause: "The specified tolerated failure threshold was exceeded",
    });
  });

  test("items in batches", async () => {
    expect(await outputOf("Batches", { n: 5 })).toEqual([1 + 2, 3 + 4, 5]);
  });

  test("a loop by a Choice over an assigned variable", async () => {
    expect(await outputOf("Loop", { times: 5 })).toEqual({ count: 5 });
  });

  test("retries are counted, then the error is caught", async () => {
    expect(await outputOf("Retried", { failures: 1 })).toMatchObject({ retry: 1, fail: false });
    expect(await outputOf("Retried", { failures: 9 })).toEqual({ error: "ToldToFail", retries: 2 });
  });

  test("a task that takes too long is States.Timeout", async () => {
    expect(await outputOf("Timed")).toBe("late");
  });

  test("a payload over 256 KiB can't leave a state", async () => {
    expect(await outputOf("Large", { n: 26_000 })).toHaveLength(260_000);
    expect(await outputOf("Large", { n: 27_000 })).toMatchObject({ error: "States.DataLimitExceeded" });
  });

  test("a state reads DynamoDB itself", async () => {
    await dynamodb.send(new PutItemCommand({ TableName: outputs.TableName, Item: { pk: { S: "there" } } }));
    expect([await outputOf("Read", { key: "there" }), await outputOf("Read", { key: "not" })]).toEqual([true, false]);
  });

  test("a redrive runs again what failed, in branches and in map runs, and nothing else", async () => {
    const executionArn = await startExecution(aws, String(outputs.RedrivenArn));
    await untilExited(executionArn, "Good");
    const name = executionArn.split(":").at(-1);
    await dynamodb.send(new PutItemCommand({ TableName: outputs.TableName, Item: { pk: { S: `open/${name}` } } }));
    const failed = await waitForExecution(aws, executionArn);
    expect({ status: failed.status, redrive: failed.redriveStatus }).toEqual({
      status: "FAILED",
      redrive: "REDRIVABLE",
    });
    await requests.clear();
    await sfn.send(new RedriveExecutionCommand({ executionArn: failed.executionArn }));
    const { status, output, redriveCount } = await waitForExecution(aws, String(failed.executionArn));
    expect({ status, redriveCount, output: JSON.parse(String(output)) }).toEqual({
      status: "SUCCEEDED",
      redriveCount: 1,
      output: { results: [0, 1, 2], redrives: 1 },
    });
    const writes = (await requests.list()).filter(
      ({ operation, caller }) => operation === "PutItem" && caller === `lambda/${outputs.StepName}`,
    );
    expect(writes).toEqual([]);
  });
});

describe("Batch", () => {
  test("a job's exit code is its result", async () => {
    expect(await outputOf("Job", { name: "good", exit: 0, milliseconds: 0 })).toMatchObject({
      Status: "SUCCEEDED",
      JobName: "good",
    });
    expect(await outputOf("Job", { name: "bad", exit: 3, milliseconds: 0 })).toEqual({
      reason: "Essential container in task exited",
      exitCode: 3,
    });
  });

  test("stopping the execution terminates the job", async () => {
    const arn = await startExecution(aws, String(outputs.JobArn), { name: "endless", exit: 0, milliseconds: 600_000 });
    while (!(await eventTypes(arn)).includes("TaskSubmitted")) await new Promise((done) => setTimeout(done, 50));
    await sfn.send(new StopExecutionCommand({ executionArn: arn, error: "Enough", cause: "a test" }));
    const { status, error } = await waitForExecution(aws, arn);
    expect({ status, error }).toEqual({ status: "ABORTED", error: "Enough" });
    expect((await requests.list()).map(({ operation }) => operation)).toContain("terminatejob");
  });
});

describe("EventBridge", () => {
  test("a rule's function hears how an execution ended", async () => {
    const { executionArn } = await run("Quiet");
    expect(await recordedStatuses(executionArn, 1)).toEqual(["SUCCEEDED"]);
  });
});

describe("faults", () => {
  test("a throttled write is repeated by the SDK; a client that doesn't repeat fails", async () => {
    const caller = `lambda/${outputs.StepName}`;
    const throttle = {
      on: "request",
      do: "throttle",
      where: { service: "dynamodb", operation: "PutItem", caller },
    } as const;
    await faults.add(throttle);
    await requests.clear();
    expect(await outputOf("Linear", { write: "throttled" })).toMatchObject({ write: "throttled" });
    const writes = (await requests.list()).filter(
      (request) => request.operation === "PutItem" && request.caller === caller,
    );
    expect(writes.map(({ resource, status }) => ({ resource, status }))).toEqual([
      { resource: outputs.TableName, status: 400 },
      { resource: outputs.TableName, status: 200 },
    ]);
    await faults.clear();
    await faults.add(throttle);
    expect(await outputOf("Linear", { write: "throttled", attempts: 1 })).toMatchObject({
      error: "ProvisionedThroughputExceededException",
    });
  });

  test.each(["throttle", "reset"] as const)("a request to S3 meets %s", async (effect) => {
    await faults.add({
      on: "request",
      do: effect,
      where: { service: "s3", resource: `${outputs.BucketName}/*` },
    });
    await requests.clear();
    expect(await outputOf("Linear", { store: `after-${effect}` })).toMatchObject({ store: `after-${effect}` });
    expect((await faults.list()).map(({ struck }) => struck)).toEqual([1]);
  });

  test("Lambda throttles the state machine, which retries", async () => {
    await faults.add({
      on: "request",
      do: "throttle",
      where: { service: "lambda", operation: "Invoke", caller: "stepfunctions" },
    });
    expect(await outputOf("Retried", { failures: 1 })).toMatchObject({ retry: 1 });
  });

  test.each([
    ["kill-at-start", false],
    ["kill-before-answer", true],
  ] as const)("a function dies: %s, written: %s", async (effect, written) => {
    await faults.add({ on: "lambda", do: effect, where: { function: String(outputs.StepName) } });
    expect(await outputOf("Linear", { write: effect })).toMatchObject({ error: "Runtime.ExitError" });
    const { Item } = await dynamodb.send(
      new GetItemCommand({ TableName: outputs.TableName, Key: { pk: { S: effect } }, ConsistentRead: true }),
    );
    expect(Item !== undefined).toBe(written);
  });

  test("a function dies some time after its start", async () => {
    await faults.add({
      on: "lambda",
      do: "kill-after",
      milliseconds: 200,
      where: { function: String(outputs.StepName) },
    });
    expect(await outputOf("Linear", { hang: true })).toMatchObject({ error: "Runtime.ExitError" });
  });

  test("a Batch job's host is terminated", async () => {
    await faults.add({ on: "batch", do: "host-terminated" });
    const { status, error, cause } = await run("Job", { name: "unlucky", exit: 0, milliseconds: 0 });
    expect({ status, error }).toEqual({ status: "FAILED", error: "States.QueryEvaluationError" });
    expect(cause).toContain("ExitCode");
  });

  test("a Batch job is lost: it stays RUNNING until it is terminated", async () => {
    await faults.add({ on: "batch", do: "lose" });
    const arn = await startExecution(aws, String(outputs.JobArn), { name: "lost", exit: 0, milliseconds: 0 });
    while (!(await eventTypes(arn)).includes("TaskSubmitted")) await new Promise((done) => setTimeout(done, 50));
    await sfn.send(new StopExecutionCommand({ executionArn: arn }));
    expect((await waitForExecution(aws, arn)).status).toBe("ABORTED");
  });

  test("an event is delivered twice, or not at all", async () => {
    const where = { detailType: "Step Functions Execution Status Change", status: "SUCCEEDED" };
    await faults.add({ on: "event", do: "duplicate", where });
    const twice = await run("Quiet");
    expect(await recordedStatuses(twice.executionArn, 2)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    await faults.add({ on: "event", do: "drop", where });
    const never = await run("Quiet");
    const later = await run("Quiet");
    expect(await recordedStatuses(later.executionArn, 1)).toEqual(["SUCCEEDED"]);
    expect(await recordedStatuses(never.executionArn, 0)).toEqual([]);
  });

  test("a misspelt fault is an error", async () => {
    await expect(faults.add({ on: "lambda", do: "drop" })).rejects.toThrow(
      "do is 'drop', and must be one of ['kill-after', 'kill-at-start', 'kill-before-answer'] for lambda",
    );
  });
});

describe("CloudFormation", () => {
  test("an update publishes a version; the old one stays for executions in flight; destroy empties the bucket", async () => {
    const before = outputs.LinearArn;
    outputs = (await deployStack(aws, { app, env: { REVISION: "2" } })).Emulated ?? {};
    expect(outputs.LinearArn).toBe(before);
    const second = (await outputOf("Linear")) as { revision: number; version: string; arn: string };
    expect(second).toMatchObject({ revision: 2, version: "2" });
    const response = await fetch(
      `${aws.endpoint}/2015-03-31/functions/${encodeURIComponent(second.arn.replace(/:2$/, ":1"))}/invocations`,
      {
        method: "POST",
        body: "{}",
        headers: { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request" },
      },
    );
    expect(await response.json()).toMatchObject({ revision: 1, version: "1" });

    const Bucket = String(outputs.BucketName);
    await s3.send(new PutObjectCommand({ Bucket, Key: "left", Body: "over" }));
    await destroyStack(aws, { app });
    await expect(s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow("does not exist");
  });
});
