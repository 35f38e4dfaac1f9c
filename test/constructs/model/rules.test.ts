import { App, Stack, Validations } from "aws-cdk-lib";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test } from "vitest";
import { FlowEnvironment, ModelEndpoint, ModelFunction } from "../../../constructs/index.ts";
import { useBundle } from "./support.ts";

const bundle = useBundle();

/** Synthesizes under cdk-nag's AwsSolutions rules: throws with the findings that are not acknowledged. */
function synthUnderRules(make: (stack: Stack, environment: FlowEnvironment) => void): void {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const shared = new Stack(app, "Shared");
  const environment = new FlowEnvironment(shared, "Environment", {
    encryptionKey: new Key(shared, "Key", { enableKeyRotation: true }),
  });
  make(new Stack(app, "Stack"), environment);
  app.synth();
}

test.each<[string, (stack: Stack, environment: FlowEnvironment) => void]>([
  ["an endpoint on instances", (stack) => new ModelEndpoint(stack, "Endpoint", { source: bundle() })],
  [
    "an endpoint in a VPC that scales, is deployed in canaries and captures data",
    (stack, environment) => {
      const vpc = Vpc.fromVpcAttributes(stack, "Vpc", {
        vpcId: "vpc-0123456789abcdef0",
        availabilityZones: ["us-east-1a"],
        privateSubnetIds: ["subnet-0123456789abcdef0"],
      });
      new ModelEndpoint(stack, "Endpoint", {
        source: bundle(),
        environment,
        vpc,
        autoscaling: { maxInstances: 4 },
        deployment: { strategy: "canary" },
        dataCapture: {},
      });
    },
  ],
  [
    "an asynchronous endpoint",
    (stack, environment) => new ModelEndpoint(stack, "Endpoint", { source: bundle(), environment, asynchronous: {} }),
  ],
  ["a serverless endpoint", (stack) => new ModelEndpoint(stack, "Endpoint", { source: bundle(), serverless: {} })],
  [
    "an endpoint whose image is built in AWS",
    (stack, environment) => new ModelEndpoint(stack, "Endpoint", { source: bundle(), environment, build: "codebuild" }),
  ],
  ["a function with an address of its own", (stack) => new ModelFunction(stack, "Function", { source: bundle() })],
])("%s passes AwsSolutions", (_, make) => {
  expect(() => synthUnderRules(make)).not.toThrow();
});
