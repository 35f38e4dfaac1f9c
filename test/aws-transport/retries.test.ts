import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dynamo } from "../../lib/aws/dynamodb.ts";
import { AwsError } from "../../lib/aws/errors.ts";
import { S3Bucket } from "../../lib/aws/s3.ts";
import { FakeS3, type Fault, refusal } from "./fake-s3.ts";

let fake: FakeS3;
let bucket: S3Bucket;

beforeEach(async () => {
  fake = await FakeS3.start();
  bucket = new S3Bucket(fake.client(), "store");
  fake.objects.set("/store/key", Buffer.from("content"));
  // The shortest of the delays that jitter may give.
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fake[Symbol.asyncDispose]();
});

const cutOff: Fault = (response) => {
  response.writeHead(200, { "content-length": "7" }).write("con", () => response.destroy());
};
const reset: Fault = (response) => response.destroy();
const json = (type: string, more = {}): Fault => ({
  status: 400,
  headers: { "x-amzn-requestid": "R2" },
  content: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "It says no.", ...more }),
});

async function failure(call: Promise<unknown>): Promise<AwsError> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}

describe("a call is repeated", () => {
  it.each<[string, Fault]>([
    ["throttled with 503", refusal(503, "SlowDown")],
    ["throttled with 429", { status: 429 }],
    ["failed inside the service", refusal(500, "InternalError")],
    ["answered by a broken proxy", { status: 502, content: "<html>Bad Gateway</html>" }],
    ["slow to arrive, to the service", refusal(400, "RequestTimeout")],
    ["reset", reset],
    ["cut off in the middle of its answer", cutOff],
  ])("that was %s, until it goes through", async (_, fault) => {
    fake.faults.push(fault, fault);
    expect(Buffer.from(await bucket.get("key")).toString()).toBe("content");
    expect(fake.requests).toStrictEqual(["GET /store/key", "GET /store/key", "GET /store/key"]);
  });

  it("that got no answer in time", async () => {
    const { timeout } = AbortSignal;
    vi.spyOn(AbortSignal, "timeout").mockImplementationOnce(() => timeout.call(AbortSignal, 50));
    fake.faults.push(() => {});
    expect(Buffer.from(await bucket.get("key")).toString()).toBe("content");
  });

  it("that DynamoDB throttled, or cancelled for a moment's conflict", async () => {
    fake.faults.push(
      json("ProvisionedThroughputExceededException"),
      json("ThrottlingException"),
      json("TransactionCanceledException", {
        CancellationReasons: [{ Code: "None" }, { Code: "TransactionConflict" }],
      }),
      { status: 200, content: '{"Item":{}}' },
    );
    expect(await dynamo(fake.client(), "GetItem", { TableName: "runs" })).toStrictEqual({ Item: {} });
    expect(fake.requests).toHaveLength(4);
    expect(fake.headers[0]).toMatchObject({
      "x-amz-target": "DynamoDB_20120810.GetItem",
      "content-type": "application/x-amz-json-1.0",
    });
  });

  it("not before the time that the service asks for", async () => {
    fake.faults.push(refusal(503, "SlowDown", { "retry-after": "1" }));
    const began = Date.now();
    await bucket.get("key");
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it("at most seven times", async () => {
    fake.faults.push(...Array<Fault>(20).fill(reset));
    expect(await failure(bucket.get("key"))).toMatchObject({ status: 0, operation: "S3 GetObject" });
    expect(fake.requests).toHaveLength(8);
  });

  it("not if the service asks for more time than there is", async () => {
    fake.faults.push(refusal(503, "SlowDown", { "retry-after": "3600" }));
    expect(await failure(bucket.get("key"))).toMatchObject({ awsCode: "SlowDown" });
    expect(fake.requests).toHaveLength(1);
  });
});

describe("a call that another attempt would not help fails at once", () => {
  it("with what S3 said, and what to do", async () => {
    fake.faults.push(refusal(403, "AccessDenied"));
    const error = await failure(bucket.get("key"));
    expect(error.message).toBe('S3 GetObject failed with AccessDenied (403, request R1): It says "no".');
    expect(error).toMatchObject({
      code: "AWS",
      awsCode: "AccessDenied",
      status: 403,
      requestId: "R1",
      operation: "S3 GetObject",
    });
    expect(error.fix).toBe(
      "Grant the role this action on the bucket; without s3:ListBucket, an object that is not there is answered so too.",
    );
    expect(fake.requests).toHaveLength(1);
  });

  it("with what DynamoDB said, and the item that is there", async () => {
    const Item = { pk: { S: "winner" } };
    fake.faults.push(json("ConditionalCheckFailedException", { Item }));
    const error = await failure(dynamo(fake.client(), "UpdateItem", {}));
    expect(error.message).toBe(
      "DynamoDB UpdateItem failed with ConditionalCheckFailedException (400, request R2): It says no.",
    );
    expect(error.body).toMatchObject({ Item });
  });

  it("a transaction too, where one of its conditions failed", async () => {
    const CancellationReasons = [{ Code: "ConditionalCheckFailed" }, { Code: "TransactionConflict" }];
    fake.faults.push(json("TransactionCanceledException", { CancellationReasons }));
    expect(await failure(dynamo(fake.client(), "TransactWriteItems", {}))).toMatchObject({
      body: { CancellationReasons },
    });
  });

  it("and names neither keys nor tokens", async () => {
    const client = fake.client({ AWS_SESSION_TOKEN: "the-token" });
    for (const fault of [
      refusal(403, "SignatureDoesNotMatch"),
      refusal(400, "ExpiredToken"),
      refusal(400, "ExpiredToken"),
    ])
      fake.faults.push(fault);
    for (const call of [new S3Bucket(client, "store").get("key"), new S3Bucket(client, "store").get("key")]) {
      const { message, fix, body } = await failure(call);
      expect(JSON.stringify({ message, fix, body })).not.toMatch(/the-secret|the-token|AKID/);
    }
  });
});
