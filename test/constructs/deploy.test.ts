import { App, Stack, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { bundle } from "../../constructs/bundle/bundle.ts";
import { Flow, FlowEnvironment } from "../../constructs/index.ts";
import { runtimeFile } from "../../constructs/runtime.ts";
import { deployable, linearFlow, normalized } from "./support.ts";

const file = "test/aws/fixtures/release/flow.ts";
const { template } = deployable({ flow: file });

/** What the roles of a description may do, in the order of their policies. */
function statementsOf(description: string): unknown[] {
  const json = template.toJSON().Resources as Record<string, { Type: string; Properties: Record<string, unknown> }>;
  const roles = Object.entries(json).filter(([, { Properties }]) => Properties?.Description === description);
  const names = roles.map(([name]) => name);
  return Object.values(json)
    .filter(({ Type }) => Type === "AWS::IAM::Policy")
    .filter(({ Properties }) => names.some((name) => JSON.stringify(Properties.Roles).includes(`"${name}"`)))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown[] }).Statement);
}

test("the whole template of a flow that deploys", async () => {
  await expect(JSON.stringify(normalized(template), undefined, 2)).toMatchFileSnapshot("release.template.json");
});

test("a bundle that deploys has at most 110 KB", () => {
  const { bundles } = bundle({
    file,
    runtimes: { lambda: runtimeFile("task"), batch: runtimeFile("batch"), deploy: runtimeFile("deploy") },
    scratch: ".",
    bundle: true,
  });
  expect(Buffer.byteLength(bundles.release ?? "")).toBeLessThan(110_000);
  expect(bundles.start).not.toContain("CreateEndpointConfig");
});

test("the machine may look at the endpoint, and no more", () => {
  const actions = statementsOf("State machine of the flow Release").flatMap(
    (statement) => (statement as { Action: string | string[] }).Action,
  );
  expect(actions.filter((action) => action.startsWith("sagemaker:"))).toEqual(["sagemaker:DescribeEndpoint"]);
});

test("no other step may deploy", () => {
  const roles = new Map(
    Object.values(template.findResources("AWS::Lambda::Function")).map(({ Properties }) => [
      Properties.Description,
      JSON.stringify(Properties.Role),
    ]),
  );
  expect(roles.get("Release: release")).not.toBe(roles.get("Release: start"));
  expect(roles.get("Release: start")).toBe(roles.get("Release: end"));
});

describe("who may read the flow", () => {
  /** The partitions of the table that the role Reader may read. */
  const partitions = (template: Template) =>
    Object.values(template.findResources("AWS::IAM::Policy"))
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes("Reader"))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Record<string, Record<string, unknown>>[])
      .flatMap(({ Condition }) => Object.values(Condition ?? {}) as Record<string, string[]>[])
      .flatMap((condition) => condition["dynamodb:LeadingKeys"] ?? []);
  const reader = (stack: Stack) => new Role(stack, "Reader", { assumedBy: new AccountRootPrincipal() });

  test("reads its records, the models, and the deployments of its endpoints: of no others", () => {
    const { template } = deployable({ flow: file }, (flow, stack) => void flow.grantRead(reader(stack)));
    const shared = ["MODELS", "M#*", "L#*"];
    expect(partitions(template)).toEqual([
      "FLOWS",
      "Release@main",
      "Release@main#*",
      ...shared,
      "ENDPOINTS",
      "D#scaler",
    ]);
  });

  test("reads those of a flow that another app deployed where its endpoints are named", () => {
    const stack = new Stack(new App(), "Stack");
    const environment = new FlowEnvironment(stack, "Environment");
    const attributes = { flowName: "Release", environment };
    Flow.fromFlowAttributes(stack, "Flow", { ...attributes, endpointNames: ["iris"] }).grantRead(reader(stack));
    expect(partitions(Template.fromStack(stack))).toContain("D#iris");
    const other = new Stack(new App(), "Stack");
    const unnamed = { ...attributes, environment: new FlowEnvironment(other, "Environment") };
    Flow.fromFlowAttributes(other, "Flow", unnamed).grantRead(reader(other));
    expect(partitions(Template.fromStack(other)).join()).not.toMatch(/D#|ENDPOINTS/);
  });
});

test("others are let in to the endpoint, and its service to what it needs", () => {
  const granted = deployable({ flow: file }, (flow, stack) => {
    const endpoint = flow.endpoint("release");
    endpoint.grantInvoke(new Role(stack, "Reader", { assumedBy: new AccountRootPrincipal() }));
    new Bucket(stack, "Features").grantRead(endpoint.role);
    expect(() => flow.endpoint("start")).toThrow('The step "start" of Release deploys nothing.');
  });
  granted.template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Action: ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"], Effect: "Allow" }),
      ],
    },
    Roles: [{ Ref: Match.stringLikeRegexp("^Reader") }],
  });
});

test("a key encrypts the instances' volumes; a serverless endpoint has none", () => {
  const variable = (flow: string) => {
    const stack = new Stack(new App(), "Stack");
    const environment = new FlowEnvironment(stack, "Environment", { encryptionKey: new Key(stack, "Key") });
    new Flow(stack, "Flow", { flow, environment });
    const functions = Object.values(Template.fromStack(stack).findResources("AWS::Lambda::Function"));
    const release = functions.find(({ Properties }) => / release$/.test(Properties.Description));
    return JSON.stringify(release?.Properties.Environment.Variables.MILLRACE_ENDPOINT);
  };
  expect(variable(file)).toContain('\\"key\\":\\"');
  expect(variable("examples/iris-classifier/release.ts")).not.toContain('\\"key\\"');
});

describe("a flow that deploys", () => {
  test("passes AwsSolutions", () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    new Flow(new Stack(app, "Stack"), "Flow", { flow: file });
    expect(() => app.synth()).not.toThrow();
  });

  test("is refused with what is wrong with its service", () => {
    const flow = linearFlow({
      release: {
        deploy: {
          endpoint: "iris",
          service: "missing.ts",
          models: {},
          hosting: { kind: "serverless", memory: 2048, maxConcurrency: 5 },
          timeout: 600,
        },
      },
    });
    expect(() => deployable({ flow })).toThrow("release deploys missing.ts: There is no file");
  });
});
