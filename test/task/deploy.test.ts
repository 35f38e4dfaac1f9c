import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { AwsError, CredentialsError } from "../../lib/aws/errors.ts";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { BlobMissingError } from "../../lib/data/errors.ts";
import type { Deploy, FlowDefinition } from "../../lib/flow/definition.ts";
import { fold } from "../../lib/flow/fold.ts";
import { thisProcess } from "../../lib/metadata/owner.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import { stepContext } from "../../lib/task/context.ts";
import { SageMakerEndpoint } from "../../lib/task/deploy/endpoint.ts";
import { type DeployStep, performDeployment } from "../../lib/task/deploy/perform.ts";
import type { DeployAnswer, ParkedAttempt } from "../../lib/task/deploy/protocol.ts";
import { FakeSageMaker } from "./fake-sagemaker.ts";

const deploy: Deploy = {
  endpoint: "iris",
  service: "service.ts#IrisClassifier",
  models: { model: "softmax" },
  hosting: { kind: "serverless", memory: 2048, maxConcurrency: 5 },
  timeout: 600,
};
const definition: FlowDefinition = {
  version: 1,
  name: "Release",
  parameters: {},
  artifacts: ["softmax"],
  initialized: [],
  steps: {
    start: {
      body: { kind: "handler", handler: "steps.ts#release" },
      transitions: [
        { kind: "next", steps: ["start"] },
        { kind: "next", steps: ["end"] },
      ],
      reads: [],
      writes: ["softmax"],
      deploy,
    },
    end: { body: { kind: "handler", handler: "steps.ts#end" }, transitions: [], reads: [], writes: [] },
  },
};
const config = "millrace-release-iris-before";
const mine = /^millrace-release-iris-\d{8}-\d{6}-\d{3}-\w{4}$/;

let folder: string;
let sageMaker: FakeSageMaker;
let step: DeployStep;
let bodies: number;

/** What the construct has made. */
const settings = {
  image: "image",
  roleArn: "role",
  prefix: "millrace-release-iris",
  bucket: "bucket",
  code: "c0de",
  contents: { language: "typescript", npm: [] },
} as const;

beforeEach(async () => {
  bodies = 0;
  folder = await mkdtemp(join(tmpdir(), "millrace-deploy-"));
  sageMaker = await FakeSageMaker.start();
  const store = new SqliteMetadataStore(folder);
  const startedAt = new Date().toISOString();
  const run = { flow: "Release", run: "r1", status: "running", startedAt, parameters: {}, tags: [] } as const;
  await store.beginRun({ ...run, owner: thisProcess() });
  step = {
    store,
    blobs: new FolderBlobStore(folder),
    context: stepContext(definition, fold(definition), "start"),
    deploy,
    endpoint: new SageMakerEndpoint(new AwsClient(sageMaker.env), deploy, settings),
  };
});
afterEach(async () => {
  vi.useRealTimers();
  await step.store.close();
  await sageMaker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function body(flow: { softmax: unknown }): string {
  bodies++;
  flow.softmax = { weights: [bodies] };
  return "end";
}

/** A turn, as the state machine asks for it. */
function turn(
  { deployment }: DeployAnswer = {},
  { redrive = 0, token = `${redrive}.0` }: { redrive?: number; token?: string } = {},
): Promise<DeployAnswer> {
  const performance = { run: "r1", path: "", visit: 0, from: "", redrive, token, ...(deployment && { deployment }) };
  return performDeployment(step, body, performance);
}

async function attempts() {
  return (await step.store.task({ flow: "Release", run: "r1", step: "start", path: "", visit: 0 }))?.attempts;
}

/** The statuses of the endpoint's deployments on record, newest first, with why they failed. */
async function onRecord() {
  return (await step.store.deployments.list("iris")).map(({ status, failure }) => [status, failure]);
}

describe("an endpoint that is not there", () => {
  test("is created, and the commit waits until it is in service", async () => {
    const parked = await turn();
    expect(parked).toEqual({ deployment: expect.objectContaining({ token: "0.0", attempt: 0, redrive: 0 }) });
    expect(sageMaker.changes).toEqual([]);
    const asked = await turn(parked);
    expect(asked).toEqual({ deployment: { ...parked.deployment, isRequested: true }, status: "Creating" });
    expect(await turn(asked)).toEqual(asked);
    expect(await attempts()).toMatchObject([{ status: "running" }]);
    expect(await onRecord()).toEqual([["deploying", undefined]]);

    sageMaker.settle();
    expect(await turn(asked)).toEqual({ choice: 1, status: "Deployed" });
    expect(await attempts()).toMatchObject([{ status: "succeeded" }]);
    expect(await onRecord()).toEqual([["in_service", undefined]]);
    expect(sageMaker.changes.map((change) => change.split(" ")[0])).toEqual([
      "CreateModel",
      "CreateEndpointConfig",
      "CreateEndpoint",
    ]);
    expect([...sageMaker.configs]).toEqual([expect.stringMatching(mine)]);
    expect(sageMaker.models).toEqual(sageMaker.configs);
  });

  test("is deleted where it fails, with what was made for it", async () => {
    const asked = await turn(await turn());
    sageMaker.settle({ status: "Failed", failure: "no ping" });
    await expect(turn(asked)).rejects.toMatchObject({
      name: "DEPLOYMENT_FAILED",
      message: expect.stringMatching(/^The endpoint iris did not come into service: no ping\. The log group /),
    });
    expect([sageMaker.endpoint, sageMaker.configs, sageMaker.models]).toEqual([undefined, new Set(), new Set()]);
    expect(await attempts()).toMatchObject([{ status: "failed", failure: { name: "DEPLOYMENT_FAILED" } }]);
    expect(await onRecord()).toEqual([["failed", "no ping."]]);
  });

  test("is made anew where an earlier one has failed and was left", async () => {
    sageMaker.endpoint = { status: "Failed", config };
    const parked = await turn();
    expect(await turn(parked)).toEqual({ ...parked, status: "Deleting" });
    expect(await turn(parked)).toMatchObject({ status: "Creating" });
  });
});

describe("an endpoint that is in service", () => {
  beforeEach(() => {
    sageMaker.endpoint = { status: "InService", config };
  });

  test("is updated, and goes on with the one before where that fails", async () => {
    const asked = await turn(await turn());
    expect(asked.status).toBe("Updating");
    sageMaker.settle({ config, failure: "out of memory" });
    await expect(turn(asked)).rejects.toThrow("did not come into service: out of memory.");
    expect(sageMaker.endpoint).toMatchObject({ status: "InService", config });
    expect([sageMaker.configs, sageMaker.models]).toEqual([new Set(), new Set()]);
  });

  test.each(["UpdateRollbackFailed", "OutOfService"])("is not deleted, whatever state it is in: %s", async (status) => {
    const asked = await turn(await turn());
    sageMaker.settle({ status });
    await expect(turn(asked)).rejects.toThrow(`did not come into service: it is ${status}.`);
    expect(sageMaker.endpoint).toMatchObject({ status, config: expect.stringMatching(mine) });
    expect(sageMaker.configs.size).toBe(1);
  });

  test("is waited for while somebody else changes it", async () => {
    sageMaker.settle({ status: "Updating" });
    const parked = await turn();
    expect(await turn(parked)).toEqual({ ...parked, status: "Updating" });
    expect(sageMaker.changes).toEqual([]);
    sageMaker.settle();
    expect((await turn(parked)).deployment?.isRequested).toBe(true);
  });

  test("may be taken by another run before this one has seen it in service", async () => {
    const asked = await turn(await turn());
    const { id = "" } = asked.deployment ?? {};
    const record = await step.store.deployments.get("iris", id);
    if (record === undefined) throw new Error("nothing is on record");
    const other = {
      ...record,
      id: "other",
      config: "millrace-release-iris-other",
      previous: `millrace-release-iris-${id}`,
    };
    await step.store.deployments.put(other);
    sageMaker.settle({ config: other.config });
    expect(await turn(asked)).toEqual({ choice: 1, status: "Deployed" });
    expect((await step.store.deployments.get("iris", id))?.status).toBe("in_service");
    expect(sageMaker.configs.size).toBe(1);
  });

  test("may have been changed by another run between a look at it and the call", async () => {
    const parked = await turn();
    sageMaker.refusals.set("UpdateEndpoint", "Cannot update in-progress endpoint.");
    const describe = step.endpoint.describe.bind(step.endpoint);
    vi.spyOn(step.endpoint, "describe").mockImplementationOnce(async () => {
      const found = await describe();
      sageMaker.settle({ config: "millrace-release-iris-other" });
      return found;
    });
    expect(await turn(parked)).toEqual({ ...parked, status: "InService" });
    sageMaker.refusals.clear();
    expect((await turn(parked)).deployment?.isRequested).toBe(true);
  });

  test("is left alone where no flow has made what it runs", async () => {
    sageMaker.settle({ config: "platform-iris-config" });
    const parked = await turn();
    await expect(turn(parked)).rejects.toMatchObject({
      name: "DEPLOYMENT_FAILED",
      message:
        "The endpoint iris did not come into service: it runs the configuration platform-iris-config, which no flow's deployment has made. " +
        "Give the step another endpoint, or delete the one that is there: aws sagemaker delete-endpoint --endpoint-name iris.",
    });
    expect(sageMaker.changes).toEqual([
      expect.stringMatching(/^DeleteEndpointConfig /),
      expect.stringMatching(/^DeleteModel /),
    ]);
    expect(sageMaker.endpoint).toEqual({ status: "InService", config: "platform-iris-config" });
  });

  test("is updated where another flow of the environment has made what it runs", async () => {
    const asked = await turn(await turn());
    const record = await step.store.deployments.get("iris", asked.deployment?.id ?? "");
    if (record === undefined) throw new Error("nothing is on record");
    await step.store.deployments.put({ ...record, id: "other", config: "millrace-train-iris-other" });
    sageMaker.settle({ config: "millrace-train-iris-other" });
    expect(await turn(await turn({}, { redrive: 1 }), { redrive: 1 })).toMatchObject({ status: "Updating" });
  });

  test("that was deleted meanwhile is a failure", async () => {
    const asked = await turn(await turn());
    sageMaker.endpoint = undefined;
    await expect(turn(asked)).rejects.toThrow("did not come into service: it was deleted.");
    expect(sageMaker.configs).toEqual(new Set());
  });

  test("has so much time and no more; what it may yet take stays", async () => {
    const asked = await turn(await turn());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    await expect(turn(asked)).rejects.toThrow("did not come into service: it is Updating after 600 s.");
    expect([sageMaker.configs.size, sageMaker.models.size]).toEqual([1, 1]);
  });
});

test.each(["CreateModel", "CreateEndpointConfig", "CreateEndpoint"])(
  "what SageMaker refuses fails the attempt with its words: %s",
  async (operation) => {
    sageMaker.refusals.set(operation, "The account-level quota is 0.");
    const parked = await turn();
    await expect(turn(parked)).rejects.toThrow(/did not come into service: SageMaker \w+ failed .*quota is 0\./);
    expect([sageMaker.configs, sageMaker.models]).toEqual([new Set(), new Set()]);
    expect(await onRecord()).toEqual([["failed", expect.stringContaining("quota is 0.")]]);
  },
);

describe("what fails beside SageMaker", () => {
  test("is not called a failed deployment: the bucket's refusal has its own fix, and nothing was made", async () => {
    sageMaker.bucketRefusals.set("PUT", { status: 403, code: "AccessDenied" });
    const parked = await turn();
    await expect(turn(parked)).rejects.toMatchObject({
      name: "AWS",
      message: expect.stringMatching(
        /^S3 PutObject failed with AccessDenied \(403.*It says no\. Grant the role this action on the bucket/,
      ),
    });
    expect(await attempts()).toMatchObject([{ status: "failed", failure: { name: "AWS" } }]);
    expect(sageMaker.changes).toEqual([]);
  });

  test("is not called a failed deployment: when the table refuses, what was made is deleted", async () => {
    const refused = { awsCode: "AccessDeniedException", status: 400 };
    const error = new AwsError("DynamoDB UpdateItem", "no", refused, { fix: "Grant it." });
    vi.spyOn(step.store.deployments, "put").mockRejectedValue(error);
    const parked = await turn();
    await expect(turn(parked)).rejects.toMatchObject({ name: "AWS", message: expect.stringContaining("DynamoDB") });
    expect([sageMaker.configs, sageMaker.models, sageMaker.endpoint]).toEqual([new Set(), new Set(), undefined]);
  });

  test.each<[string, Error]>([
    ["credentials that do not come", new CredentialsError("The container's credentials could not be fetched.")],
    [
      "a table that is busy",
      new AwsError("DynamoDB UpdateItem", "slow", { awsCode: "ThrottlingException", status: 400 }),
    ],
    ["a network that breaks", new AwsError("S3 PutObject", "gone", { awsCode: "ECONNRESET", status: 0 })],
    ["what nobody expects", new TypeError("x is undefined")],
  ])("is tried again: %s", async (_, error) => {
    const parked = await turn();
    vi.spyOn(step.store.deployments, "put").mockRejectedValueOnce(error);
    await expect(turn(parked)).rejects.toBe(error);
    expect(await attempts()).toMatchObject([{ status: "running" }]);
    expect((await turn(parked)).status).toBe("Creating");
  });

  test("has its own name: what is no longer in the store", async () => {
    const parked = await turn();
    const missing = new BlobMissingError("s3://bucket/blobs/ab/cd", undefined);
    vi.spyOn(step.blobs, "get").mockRejectedValue(missing);
    await expect(turn(parked)).rejects.toMatchObject({ name: "BLOB_MISSING" });
    expect(await attempts()).toMatchObject([{ status: "failed", failure: { name: "BLOB_MISSING" } }]);
  });
});

describe("what the construct gives an endpoint", () => {
  const hosting = { kind: "instances", type: "ml.m5.large", count: 1 } as const;
  const network = { Subnets: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] };
  const capture = { EnableCapture: true, InitialSamplingPercentage: 10, DestinationS3Uri: "s3://bucket/captured" };
  const scaling = { min: 2, max: 6, requests: 300, cooldowns: { in: 300, out: 60 } };

  beforeEach(() => {
    const given = { ...settings, key: "key", network, capture, scaling };
    step = { ...step, endpoint: new SageMakerEndpoint(new AwsClient(sageMaker.env), { ...deploy, hosting }, given) };
  });

  test("is in its model and its configuration, and scales it when it is in service", async () => {
    const asked = await turn(await turn());
    const name = expect.stringMatching(mine);
    expect(sageMaker.payloads.get("CreateModel")).toEqual({
      ModelName: name,
      ExecutionRoleArn: "role",
      PrimaryContainer: {
        Image: "image",
        ModelDataUrl: expect.stringMatching(/^s3:\/\/bucket\/endpoints\/iris\/models\/[0-9a-f]{64}\.tar\.gz$/),
      },
      VpcConfig: network,
    });
    expect(sageMaker.payloads.get("CreateEndpointConfig")).toEqual({
      EndpointConfigName: name,
      ProductionVariants: [
        {
          VariantName: "AllTraffic",
          ModelName: name,
          InstanceType: "ml.m5.large",
          InitialInstanceCount: 2,
          InitialVariantWeight: 1,
        },
      ],
      KmsKeyId: "key",
      DataCaptureConfig: capture,
    });
    expect(sageMaker.payloads.has("RegisterScalableTarget")).toBe(false);
    sageMaker.settle();
    expect(await turn(asked)).toMatchObject({ status: "Deployed" });
    const target = {
      ServiceNamespace: "sagemaker",
      ResourceId: "endpoint/iris/variant/AllTraffic",
      ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
    };
    expect(sageMaker.payloads.get("RegisterScalableTarget")).toEqual({ ...target, MinCapacity: 2, MaxCapacity: 6 });
    expect(sageMaker.payloads.get("PutScalingPolicy")).toEqual({
      ...target,
      PolicyName: "Requests",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 300,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        ScaleInCooldown: 300,
        ScaleOutCooldown: 60,
      },
    });
  });

  test("keeps the number of instances that scaling has come to when it is updated", async () => {
    sageMaker.endpoint = { status: "InService", config };
    await turn(await turn());
    expect(sageMaker.payloads.get("UpdateEndpoint")).toEqual({
      EndpointName: "iris",
      EndpointConfigName: expect.stringMatching(mine),
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: "DesiredWeight" }],
    });
  });

  test("does not scale where that is refused: the model answers all the same, and a line says why", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const asked = await turn(await turn());
    sageMaker.settle();
    sageMaker.refusals.set("RegisterScalableTarget", "The role is not there.");
    expect(await turn(asked)).toMatchObject({ status: "Deployed" });
    expect(await onRecord()).toEqual([["in_service", undefined]]);
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(
        /^The endpoint iris is in service, and does not scale: ApplicationAutoScaling RegisterScalableTarget failed .*The role is not there\./,
      ),
    );
    warned.mockRestore();
  });
});

test("a quota that is reached has a fix of its own, and no log", async () => {
  sageMaker.refusals.set("CreateEndpoint", "The account-level service limit is 0 instances.");
  await expect(turn(await turn())).rejects.toThrow(
    /limit is 0 instances\. Ask for a higher quota in Service Quotas, or give the step another instanceType or serverless\.$/,
  );
});

describe("a turn that is taken again", () => {
  test("after its function died, when it had asked for the endpoint, does not ask again", async () => {
    const parked = await turn();
    await turn(parked);
    sageMaker.settle();
    expect(await turn(parked)).toEqual({ choice: 1, status: "Deployed" });
    expect(sageMaker.changes.filter((change) => change === "CreateEndpoint iris")).toHaveLength(1);
  });

  test("after all was committed, answers what is on record", async () => {
    const asked = await turn(await turn());
    sageMaker.settle();
    await turn(asked);
    expect(await turn(asked)).toEqual({ choice: 1, status: "Deployed" });
    expect(await turn({}, { token: "0.1" })).toEqual({ choice: 1, status: "Deployed" });
    expect(bodies).toBe(1);
  });

  test("after a redrive is another attempt, from the body on", async () => {
    const asked = await turn(await turn());
    sageMaker.settle({ status: "Failed", failure: "no ping" });
    await expect(turn(asked)).rejects.toThrow("no ping");
    const again = (await turn(asked, { redrive: 1 })) as { deployment: ParkedAttempt };
    expect(again.deployment).toMatchObject({ token: "1.0", attempt: 1, redrive: 1 });
    expect(again.deployment.id).not.toBe(asked.deployment?.id);
    const asked2 = await turn(again, { redrive: 1 });
    sageMaker.settle();
    expect(await turn(asked2, { redrive: 1 })).toEqual({ choice: 1, status: "Deployed" });
    expect(bodies).toBe(2);
    expect(await attempts()).toMatchObject([{ status: "failed" }, { status: "succeeded" }]);
  });
});

test("a model that has no value fails the attempt before SageMaker is asked for anything", async () => {
  const nothing = () => "end";
  const performance = { run: "r1", path: "", visit: 0, from: "", token: "0.0" };
  await expect(performDeployment(step, nothing, performance)).rejects.toMatchObject({ name: "UNSET_ARTIFACT" });
  expect(await attempts()).toMatchObject([{ status: "failed", failure: { name: "UNSET_ARTIFACT" } }]);
  expect(sageMaker.changes).toEqual([]);
});
