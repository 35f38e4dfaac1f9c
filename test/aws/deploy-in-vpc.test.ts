import { beforeAll, expect, inject, test, vi } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { callJson } from "../../lib/aws/json-protocol.ts";
import { sagemaker } from "../../lib/aws/sagemaker.ts";
import { openClient } from "../../lib/client/index.ts";
import { deployStack } from "./support/deploy.ts";
import { Flows } from "./support/flows.ts";

const aws = inject("aws");
const client = new AwsClient(aws.env);
let flows: Flows;
let bucket: string;
let subnets: string[];

beforeAll(async () => {
  const { ReleaseInVpc = {} } = await deployStack(aws, { app: "test/aws/fixtures/release-in-vpc-app.ts" });
  const { StateMachineArn = "", Bucket = "", Table = "", Subnets = "" } = ReleaseInVpc;
  for (const [name, value] of Object.entries(aws.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  const machines = new Map([["ReleaseInVpc", StateMachineArn]]);
  flows = new Flows(aws, await openClient({ table: Table, bucket: Bucket }), Table, machines);
  bucket = Bucket;
  subnets = Subnets.split(",");
});

/** What Application Auto Scaling has of endpoints. */
function scaling(operation: string): Promise<Record<string, unknown>> {
  const service = "application-autoscaling";
  const protocol = { service, host: service, version: "1.1", target: "AnyScaleFrontendService" } as const;
  return callJson(client, protocol, operation, { ServiceNamespace: "sagemaker" });
}

test("a run deploys to the network, with the key, the capture and the scaling that the construct was given", async () => {
  const { execution, run } = await flows.run("ReleaseInVpc", { factor: 3 });
  expect(execution.cause).toBeUndefined();
  expect(run.status).toBe("succeeded");
  const { config } = (await flows.client.deployments.inService("Scaler-in-VPC")) ?? {};
  expect(await sagemaker(client, "DescribeModel", { ModelName: config })).toMatchObject({
    VpcConfig: { Subnets: subnets, SecurityGroupIds: [expect.stringMatching(/^sg-/)] },
  });
  expect(await sagemaker(client, "DescribeEndpointConfig", { EndpointConfigName: config })).toMatchObject({
    KmsKeyId: expect.stringMatching(/^arn:aws:kms:.*:key\//),
    ProductionVariants: [{ VariantName: "AllTraffic", InstanceType: "ml.m5.large", InitialInstanceCount: 2 }],
    DataCaptureConfig: {
      EnableCapture: true,
      InitialSamplingPercentage: 10,
      DestinationS3Uri: `s3://${bucket}/endpoints/Scaler-in-VPC/captured`,
      CaptureOptions: [{ CaptureMode: "Input" }, { CaptureMode: "Output" }],
      CaptureContentTypeHeader: { JsonContentTypes: ["application/json"] },
    },
  });
  const target = {
    ResourceId: "endpoint/Scaler-in-VPC/variant/AllTraffic",
    ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
  };
  expect(await scaling("DescribeScalableTargets")).toMatchObject({
    ScalableTargets: [{ ...target, MinCapacity: 2, MaxCapacity: 6 }],
  });
  expect(await scaling("DescribeScalingPolicies")).toMatchObject({
    ScalingPolicies: [{ ...target, TargetTrackingScalingPolicyConfiguration: { TargetValue: 300 } }],
  });
});

test("the next run's deployment registers the same again", async () => {
  const { run } = await flows.run("ReleaseInVpc", { factor: 4 });
  expect(run.status).toBe("succeeded");
  expect((await scaling("DescribeScalableTargets")).ScalableTargets).toHaveLength(1);
  expect((await scaling("DescribeScalingPolicies")).ScalingPolicies).toHaveLength(1);
});
