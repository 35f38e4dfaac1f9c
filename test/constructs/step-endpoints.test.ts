import { App, Duration, Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { type IVpc, Port, SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { Flow, type FlowProps } from "../../constructs/index.ts";
import type { Hosting } from "../../lib/flow/definition.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { linearFlow, normalized } from "./support.ts";

const file = "test/aws/fixtures/release/flow.ts";
const { definition } = await loadFlow(file, { cacheDir: ".millrace/cache" });
type Endpoints = NonNullable<FlowProps["endpoints"]>;

/** A network and a key that are there already. */
function platform(stack: Stack) {
  const vpc: IVpc = Vpc.fromVpcAttributes(stack, "Vpc", {
    vpcId: "vpc-1",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    privateSubnetIds: ["subnet-1", "subnet-2"],
  });
  return { vpc, encryptionKey: Key.fromKeyArn(stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/volumes") };
}

function everything(stack: Stack): Endpoints {
  const autoscaling = { minInstances: 2, maxInstances: 6, scaleOutCooldown: Duration.seconds(30) };
  return { release: { ...platform(stack), dataCapture: { percentage: 10 }, autoscaling } };
}

test("the whole template of a flow whose endpoint has a network, a key, captured data and scaling", async () => {
  const stack = new Stack(new App(), "Stack");
  new Flow(stack, "Flow", { flow: file, endpoints: everything(stack) });
  const template = normalized(Template.fromStack(stack));
  await expect(JSON.stringify(template, undefined, 2)).toMatchFileSnapshot("release-in-vpc.template.json");
});

test("it passes AwsSolutions", () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, "Stack");
  new Flow(stack, "Flow", { flow: file, endpoints: everything(stack) });
  expect(() => app.synth()).not.toThrow();
});

test("the containers' network lets in and out what is said, and security groups may be given", () => {
  const stack = new Stack(new App(), "Stack");
  const { vpc } = platform(stack);
  const own = new SecurityGroup(stack, "Own", { vpc, allowAllOutbound: false });
  const database = new SecurityGroup(stack, "Database", { vpc });
  const flow = new Flow(stack, "Flow", { flow: file, endpoints: { release: { vpc, securityGroups: [own] } } });
  flow.endpoint("release").connections.allowTo(database, Port.tcp(5432), "features");
  Template.fromStack(stack).hasResourceProperties("AWS::EC2::SecurityGroupIngress", {
    GroupId: stack.resolve(database.securityGroupId),
    SourceSecurityGroupId: stack.resolve(own.securityGroupId),
    FromPort: 5432,
  });
});

describe("is refused, with what to do", () => {
  const onInstances: Hosting = { kind: "instances", type: "ml.m5.large", count: 1 };
  const refusal = (endpoints: (stack: Stack) => Endpoints, hosting: Hosting = onInstances) => {
    const stack = new Stack(new App(), "Stack");
    const { release } = definition.steps;
    const steps = {
      ...definition.steps,
      ...(release?.deploy && { release: { ...release, deploy: { ...release.deploy, hosting } } }),
    };
    try {
      new Flow(stack, "Flow", { flow: { ...definition, steps }, endpoints: endpoints(stack) });
    } catch (error) {
      const { code, message, fix } = error as Record<string, unknown>;
      return { code, text: `${message} ${fix}` };
    }
    throw new Error("it is not refused");
  };

  test.each<[string, (stack: Stack) => Endpoints, string, Hosting?]>([
    [
      "a step that there is not",
      () => ({ relaese: {} }),
      'The step "relaese" of Release deploys nothing. Name a step that does: release.',
    ],
    [
      "a step that deploys nothing",
      () => ({ start: { dataCapture: {} } }),
      'The step "start" of Release deploys nothing. Name a step that does: release.',
    ],
    [
      "what a serverless endpoint can't have",
      (stack) => ({ release: { ...platform(stack), autoscaling: { maxInstances: 2 } } }),
      'The endpoint of the step release is serverless, and can\'t have vpc, encryptionKey, autoscaling. Leave that out of endpoints, or give the step instances: deploy: { instanceType: "ml.m5.large", … }.',
      { kind: "serverless", memory: 2048, maxConcurrency: 5 },
    ],
    [
      "security groups without a network",
      (stack) => ({ release: { securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-1")] } }),
      "securityGroups is given, and there is no vpc. Give the vpc too, or leave securityGroups out.",
    ],
    [
      "a key for instances whose hardware encrypts",
      (stack) => ({ release: { encryptionKey: platform(stack).encryptionKey } }),
      "The variant AllTraffic runs on ml.g5.xlarge, whose storage takes no encryptionKey: the hardware encrypts it. Leave the key out, or choose an instance type without local storage.",
      { kind: "instances", type: "ml.g5.xlarge", count: 1 },
    ],
    [
      "more instances than scaling may have",
      () => ({ release: { autoscaling: { maxInstances: 2 } } }),
      "instanceCount is a whole number from 1 to 2; received 3. Give one from 1 to 2.",
      { ...onInstances, count: 3 },
    ],
    [
      "a share of requests that there is not",
      () => ({ release: { dataCapture: { percentage: 0 } } }),
      "dataCapture.percentage is a whole number from 1 to 100; received 0. Give one from 1 to 100.",
    ],
  ])("%s", (_, endpoints, text, hosting) => {
    expect(refusal(endpoints, hosting)).toEqual({ code: "DEPLOY", text });
  });

  test("any endpoint of a flow that deploys nothing", () => {
    const stack = new Stack(new App(), "Stack");
    expect(() => new Flow(stack, "Flow", { flow: linearFlow({}), endpoints: { start: {} } })).toThrow(
      'The step "start" of Linear deploys nothing.',
    );
  });
});
