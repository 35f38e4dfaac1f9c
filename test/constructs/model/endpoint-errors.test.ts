import { Duration, Size, type Stack } from "aws-cdk-lib";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import type { ModelEndpointProps } from "../../../constructs/index.ts";
import { deployableEndpoint, file, useBundle } from "./support.ts";

const bundle = useBundle();
const vpc = (stack: Stack) => new Vpc(stack, "Vpc") as IVpc;
const key = (stack: Stack) => new Key(stack, "Key");
const bucket = (stack: Stack) => Bucket.fromBucketName(stack, "Bucket", "bucket");
const variant = (name: string, props: object = {}) => ({ name, source: bundle(), ...props });

/** What keeps an endpoint from being synthesized. */
function refusal(props: (stack: Stack) => Omit<ModelEndpointProps, "source">, source: string | null = bundle()) {
  try {
    deployableEndpoint((stack) => ({ ...props(stack), ...(source !== null && { source }) }));
  } catch (error) {
    const { code, message, fix } = error as { code: string; message: string; fix: string };
    expect(code).toBe("DEPLOY");
    return `${message} ${fix}`;
  }
  throw new Error("it is synthesized");
}

describe("a serverless endpoint has no", () => {
  test.each<[string, (stack: Stack) => Partial<ModelEndpointProps>]>([
    ["vpc", (stack) => ({ vpc: vpc(stack) })],
    ["dataCapture", () => ({ dataCapture: {} })],
    ["asynchronous", () => ({ asynchronous: {} })],
    ["deployment", () => ({ deployment: { strategy: "canary" } })],
    ["encryptionKey", (stack) => ({ encryptionKey: key(stack) })],
    ["instanceCount", () => ({ instanceCount: 2 })],
    ["autoscaling", () => ({ autoscaling: { maxInstances: 2 } })],
    ["vpc, dataCapture", (stack) => ({ vpc: vpc(stack), dataCapture: {} })],
  ])("%s", (name, props) => {
    expect(refusal((stack) => ({ serverless: {}, ...props(stack) }))).toBe(
      `A serverless endpoint can't have ${name}. Leave that out, or leave serverless out for an endpoint on instances.`,
    );
  });

  test("GPU", () => {
    expect(refusal(() => ({ serverless: {}, instanceType: "ml.g5.xlarge" }))).toBe(
      "A serverless endpoint can't have instanceType. Leave that out, or leave serverless out for an endpoint on instances, which may have GPUs.",
    );
  });

  test("second variant", () => {
    expect(refusal(() => ({ serverless: {}, variants: [variant("a"), variant("b")] }), null)).toBe(
      "A serverless endpoint can't have several variants. Leave that out, or leave serverless out for an endpoint on instances.",
    );
  });
});

describe("what SageMaker would refuse is an error at synthesis:", () => {
  test.each<[string, (stack: Stack) => Partial<ModelEndpointProps>, string]>([
    [
      "memory of a serverless endpoint",
      () => ({ serverless: { memory: Size.mebibytes(1536) } }),
      "serverless.memory is 1, 2, 3, 4, 5 or 6 GiB; received 1536 MiB. Give Size.gibibytes(2), say; a model that needs more runs on an instance.",
    ],
    [
      "memory as a text, in JavaScript",
      () => ({ serverless: { memory: "2 GiB" as unknown as Size } }),
      'serverless.memory is a Size; received "2 GiB". Give Size.gibibytes(2), of aws-cdk-lib.',
    ],
    [
      "a way to build that there is not, in JavaScript",
      () => ({ build: "podman" as "docker" }),
      'build is docker or codebuild; received "podman". Give docker or codebuild.',
    ],
    [
      "a strategy that there is not, in JavaScript",
      () => ({ deployment: { strategy: "blueGreen" as "canary" } }),
      'deployment.strategy is canary, linear or allAtOnce; received "blueGreen". Give canary, linear or allAtOnce.',
    ],
    [
      "concurrency of a serverless endpoint",
      () => ({ serverless: { maxConcurrency: 201 } }),
      "serverless.maxConcurrency is a whole number from 1 to 200; received 201. Give one from 1 to 200.",
    ],
    [
      "more warm containers than requests",
      () => ({ serverless: { maxConcurrency: 5, provisionedConcurrency: 6 } }),
      "serverless.provisionedConcurrency is a whole number from 1 to 5; received 6. Give one from 1 to 5.",
    ],
    [
      "instance type",
      () => ({ instanceType: "m5.large" }),
      '"m5.large" is no instance type of SageMaker\'s. Write ml.m5.large, say: they begin with ml.',
    ],
    ["instances", () => ({ instanceCount: 0 }), "instanceCount is a whole number from 1; received 0. Give one from 1."],
    [
      "no instance where requests are answered at once",
      () => ({ autoscaling: { minInstances: 0, maxInstances: 2 } }),
      "autoscaling.minInstances is a whole number from 1; received 0. Give one from 1.",
    ],
    [
      "fewer instances at most than at least",
      () => ({ autoscaling: { minInstances: 3, maxInstances: 2 } }),
      "autoscaling.maxInstances is a whole number from 3; received 2. Give one from 3.",
    ],
    [
      "a first number of instances beside the range",
      () => ({ instanceCount: 5, autoscaling: { maxInstances: 2 } }),
      "instanceCount is a whole number from 1 to 2; received 5. Give one from 1 to 2.",
    ],
    [
      "a canary of more than half",
      () => ({ deployment: { strategy: "canary", stepSize: 60 } }),
      "deployment.stepSize is a whole number from 1 to 50; received 60. Give one from 1 to 50.",
    ],
    [
      "a linear step of less than a tenth",
      () => ({ deployment: { strategy: "linear", stepSize: 5 } }),
      "deployment.stepSize is a whole number from 10 to 50; received 5. Give one from 10 to 50.",
    ],
    [
      "too long a wait",
      () => ({ deployment: { strategy: "linear", wait: Duration.hours(2) } }),
      "deployment.wait, in seconds, is a whole number from 0 to 3600; received 7200. Give one from 0 to 3600.",
    ],
    [
      "a step of all at once",
      () => ({ deployment: { strategy: "allAtOnce", stepSize: 10 } }),
      "deployment.stepSize is given, and the strategy is allAtOnce. Leave it out.",
    ],
    [
      "a deployment on Inferentia",
      () => ({ instanceType: "ml.inf1.xlarge", deployment: { strategy: "canary" } }),
      "SageMaker has no deployment strategies for ml.inf1.xlarge. Leave deployment out, or choose another instance type.",
    ],
    [
      "a share of the requests",
      (stack) => ({ dataCapture: { percentage: 0, destination: { bucket: bucket(stack), prefix: "a/" } } }),
      "dataCapture.percentage is a whole number from 1 to 100; received 0. Give one from 1 to 100.",
    ],
    [
      "no bucket for what is captured",
      () => ({ dataCapture: {} }),
      "dataCapture.destination needs a bucket, and the endpoint has no environment whose bucket it could use. Give dataCapture.destination a bucket and a prefix, or the endpoint an environment.",
    ],
    [
      "a prefix that is no folder",
      (stack) => ({ dataCapture: { destination: { bucket: bucket(stack), prefix: "/captured" } } }),
      'The prefix "/captured" is no folder of a bucket. Write "endpoints/iris/", with a slash at the end and none at the beginning.',
    ],
    [
      "a key where the hardware encrypts",
      (stack) => ({ instanceType: "ml.g4dn.xlarge", encryptionKey: key(stack) }),
      "The variant AllTraffic runs on ml.g4dn.xlarge, whose storage takes no encryptionKey: the hardware encrypts it. Leave the key out, or choose an instance type without local storage.",
    ],
    [
      "subnets without a VPC",
      () => ({ vpcSubnets: { onePerAz: true } }),
      "vpcSubnets is given, and there is no vpc. Give the vpc too, or leave vpcSubnets out.",
    ],
    [
      "a name",
      () => ({ endpointName: "iris_1" }),
      'The endpointName "iris_1" is none that SageMaker takes. Give letters, digits and hyphens, a letter or a digit first and last, 63 at most.',
    ],
    [
      "both a source and variants",
      () => ({ variants: [variant("a")] }),
      'An endpoint has a source or variants; received both. Give source: "service.ts", or variants with a source each.',
    ],
  ])("%s", (_, props, message) => {
    expect(refusal(props)).toBe(message);
  });

  test.each<[string, () => Partial<ModelEndpointProps>, string]>([
    [
      "neither a source nor variants",
      () => ({}),
      'An endpoint has a source or variants; received neither. Give source: "service.ts", or variants with a source each.',
    ],
    [
      "two variants of a name",
      () => ({ variants: [variant("a"), variant("a")] }),
      "There are two variants a. Give each a name of its own.",
    ],
    [
      "no weight at all",
      () => ({ variants: [variant("a", { weight: 0 }), variant("b", { weight: 0 })] }),
      "No variant gets requests: all weights are 0. Give one of them a weight.",
    ],
    [
      "a weight below 0",
      () => ({ variants: [variant("a", { weight: -1 })] }),
      "The weight of a is a number from 0; received -1. Give 0 or more.",
    ],
    [
      "eleven variants",
      () => ({ variants: Array.from({ length: 11 }, (_, i) => variant(`v${i}`)) }),
      "An endpoint has at most 10 variants; received 11. Spread them over several endpoints.",
    ],
  ])("%s", (_, props, message) => {
    expect(refusal(props, null)).toBe(message);
  });

  test("a service without its models", () => {
    expect(refusal(() => ({}), file)).toBe(
      'Thirds has no value for divider.divisor, offsets, and is served as it is deployed. Name versions of a store: source: { service: "…", models: { "divider.divisor": "…", offsets: "…" } }.',
    );
  });
});

test("an alarm can't roll back where there is no deployment, and a network can't be opened where there is none", () => {
  const { endpoint, stack } = deployableEndpoint({ source: bundle() });
  const alarm = Alarm.fromAlarmArn(stack, "Alarm", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a");
  expect(() => endpoint.rollBackOn(alarm)).toThrow(
    "The endpoint Stack/Thirds has no deployment that an alarm could roll back.",
  );
  expect(() => endpoint.connections).toThrow("The endpoint Stack/Thirds is in no VPC.");
});

test("an API that may take longer than SageMaker waits is a warning", () => {
  const { stack } = deployableEndpoint({ source: "test/constructs/fixtures/slow-service.ts" });
  Annotations.fromStack(stack).hasWarning(
    "/Stack/Thirds",
    Match.stringLikeRegexp("Slow.predict may take 120 s, and SageMaker gives up after 60 s."),
  );
});
