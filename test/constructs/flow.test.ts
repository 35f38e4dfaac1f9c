import { App, Duration, RemovalPolicy, Stack, TimeZone } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Table } from "aws-cdk-lib/aws-dynamodb";
import { AccountRootPrincipal, ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { Flow, FlowEnvironment } from "../../constructs/index.ts";
import BranchFlow from "../../examples/branch-flow/flow.ts";
import { deployable, linearFlow, normalized } from "./support.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

function resources(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

test("the whole template of BranchFlow", async () => {
  const { template } = deployable({ flow: BranchFlow });
  await expect(JSON.stringify(normalized(template), undefined, 2)).toMatchFileSnapshot("branch-flow.template.json");
});

test("a step is two resources: a function and its version, which stays when the code changes", () => {
  const count = (template: Template) => Object.keys(template.toJSON().Resources).length;
  const one = deployable({ flow: linearFlow({ one: {} }) }).template;
  const two = deployable({ flow: linearFlow({ one: {}, two: {} }) }).template;
  expect(count(two) - count(one)).toBe(2);
  for (const version of resources(two, "AWS::Lambda::Version")) expect(version.DeletionPolicy).toBe("Retain");
});

test("a function has the memory and the time-out of its step", () => {
  const { template } = deployable({
    flow: linearFlow({ fit: { compute: { kind: "lambda", memory: 3008 }, timeout: 90 } }),
  });
  template.hasResourceProperties("AWS::Lambda::Function", {
    Description: "Linear: fit",
    MemorySize: 3008,
    Timeout: 90,
  });
});

test("no policy allows all actions of a service, or a named thing by a wildcard", () => {
  const { template } = deployable({ flow: BranchFlow });
  for (const { Properties } of resources(template, "AWS::IAM::Policy")) {
    const { Statement } = Properties.PolicyDocument as {
      Statement: { Action: string | string[]; Resource: unknown }[];
    };
    for (const { Action, Resource } of Statement) {
      expect([Action].flat().filter((action) => action.includes("*"))).toEqual([]);
      if (Resource === "*") expect([Action].flat().every((action) => /^(xray|logs):/.test(action))).toBe(true);
    }
  }
});

test("tasks reach the records of their own flow only", () => {
  const { template } = deployable({ flow: BranchFlow });
  template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
          Condition: {
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["FLOWS", "BranchFlow@main", "BranchFlow@main#*"] },
          },
        }),
        Match.objectLike({
          Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["MODELS", "M#*", "L#*"] } },
        }),
      ]),
    },
  });
});

test("a step that is granted something has a role of its own", () => {
  const { template } = deployable({ flow: linearFlow({ fit: {}, report: {} }) }, (flow, stack) => {
    new Bucket(stack, "Images").grantRead(flow.stepRole("fit"));
  });
  const roles = (description: string) =>
    resources(template, "AWS::Lambda::Function")
      .filter(({ Properties }) => Properties.Description === description)
      .map(({ Properties }) => Properties.Role);
  expect(roles("Linear: fit")).not.toEqual(roles("Linear: report"));
  expect(roles("Linear: start")).toEqual(roles("Linear: report"));
});

test("a prefix, a permissions boundary and a key go through everything", () => {
  const app = new App();
  const stack = new Stack(app, "Stack");
  const environment = new FlowEnvironment(stack, "Environment", {
    namePrefix: "acme-",
    permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, "Boundary", "boundary"),
    encryptionKey: new Key(stack, "Key"),
    removalPolicy: RemovalPolicy.DESTROY,
    alarmTopic: new Topic(stack, "Failures"),
  });
  new Flow(stack, "Flow", { flow: BranchFlow, environment });
  const template = Template.fromStack(stack);
  for (const { Properties } of resources(template, "AWS::IAM::Role")) {
    expect(Properties).toMatchObject({
      RoleName: expect.stringMatching(/^acme-/),
      PermissionsBoundary: expect.anything(),
    });
  }
  for (const { Properties } of resources(template, "AWS::Lambda::Function")) {
    expect(Properties).toMatchObject({ FunctionName: expect.stringMatching(/^acme-/), KmsKeyArn: expect.anything() });
  }
  for (const { Properties } of resources(template, "AWS::Logs::LogGroup")) expect(Properties.KmsKeyId).toBeDefined();
  template.hasResourceProperties("AWS::StepFunctions::StateMachine", {
    StateMachineName: "acme-BranchFlow",
    EncryptionConfiguration: { Type: "CUSTOMER_MANAGED_KMS_KEY" },
  });
  template.hasResourceProperties("AWS::CloudWatch::Alarm", {
    AlarmDescription: "A run of BranchFlow failed or timed out",
    AlarmActions: [{ Ref: Match.stringLikeRegexp("^Failures") }],
    Metrics: Match.arrayWith([Match.objectLike({ Expression: "FILL(failed, 0) + FILL(timedOut, 0)" })]),
  });
});

test("a schedule has a time zone and gives the parameters", () => {
  const schedule = ScheduleExpression.cron({ minute: "0", hour: "3", timeZone: TimeZone.EUROPE_BERLIN });
  const { template } = deployable({ flow: BranchFlow, schedule, scheduleParameters: { scale: 2 } });
  template.hasResourceProperties("AWS::Scheduler::Schedule", {
    ScheduleExpression: "cron(0 3 * * ? *)",
    ScheduleExpressionTimezone: "Europe/Berlin",
    Target: { Input: '{"scale":2}' },
  });
});

test("parameters that a scheduled run could not begin with are an error", () => {
  const schedule = ScheduleExpression.rate(Duration.days(1));
  expect(() => deployable({ flow: BranchFlow, schedule, scheduleParameters: { scale: "two" } })).toThrow(
    'scale must be a number; received "two".',
  );
});

describe("who is granted", () => {
  /** What the role `Reader` may do, by service. */
  const granted = (template: Template) => {
    const policies = resources(template, "AWS::IAM::Policy").filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes("Reader"),
    );
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: { Action: string | string[] }[] }).Statement,
    );
    return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
  };
  const reader = (stack: Stack) => new Role(stack, "Reader", { assumedBy: new AccountRootPrincipal() });

  test("to read sees records, artifacts and console lines, and changes nothing", () => {
    const { template } = deployable({ flow: BranchFlow }, (flow, stack) => void flow.grantRead(reader(stack)));
    expect(granted(template)).toEqual([
      "dynamodb:GetItem",
      "dynamodb:Query",
      "logs:DescribeLogGroups",
      "logs:DescribeLogStreams",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
      "logs:GetLogGroupFields",
      "s3:GetObject",
    ]);
  });

  test("to start runs may do that, and see how they stand, also of a flow that another app deployed", () => {
    const stack = new Stack(new App(), "Stack");
    const environment = FlowEnvironment.fromFlowEnvironmentAttributes(stack, "Environment", {
      bucket: Bucket.fromBucketName(stack, "Bucket", "artifacts"),
      table: Table.fromTableName(stack, "Table", "records"),
    });
    const flow = Flow.fromFlowAttributes(stack, "Flow", { flowName: "BranchFlow", environment });
    flow.grantStartExecution(reader(stack));
    const template = Template.fromStack(stack);
    expect(granted(template)).toEqual(["states:DescribeExecution", "states:StartExecution"]);
    expect(JSON.stringify(template.toJSON())).toContain(":stateMachine:millrace-BranchFlow");
    expect(flow.metricFailed().metricName).toBe("ExecutionsFailed");
  });
});

test("a flow of more than 200 steps spreads over nested stacks", () => {
  const steps = Object.fromEntries(Array.from({ length: 219 }, (_, index) => [`step${index}`, {}]));
  const { template } = deployable({ flow: linearFlow(steps) });
  template.resourceCountIs("AWS::CloudFormation::Stack", 3);
  template.resourceCountIs("AWS::Lambda::Function", 2);
});

describe("on Batch", () => {
  const flow = linearFlow({ fit: { compute: { kind: "batch", vcpu: 4, memory: 8192 }, timeout: 3600 } });

  test("a step is a container that boots its bundle from S3", () => {
    const { template } = deployable({ flow, batchNetwork: "public" });
    const [{ Properties } = { Properties: {} }] = resources(template, "AWS::Batch::JobDefinition");
    expect(Properties).toMatchObject({
      JobDefinitionName: "millrace-Linear-fit",
      PlatformCapabilities: ["FARGATE"],
      PropagateTags: true,
      ResourceRetentionPolicy: { SkipDeregisterOnUpdate: true },
      Timeout: { AttemptDurationSeconds: 3600 },
      ContainerProperties: {
        Image: "public.ecr.aws/docker/library/node:24-slim",
        NetworkConfiguration: { AssignPublicIp: "ENABLED" },
        ResourceRequirements: [
          { Type: "MEMORY", Value: "8192" },
          { Type: "VCPU", Value: "4" },
        ],
      },
    });
    template.resourceCountIs("AWS::EC2::NatGateway", 0);
  });

  test("without a network, the error says what to give", () => {
    expect(() => deployable({ flow })).toThrow("The step fit runs on Batch, and there is no network for its jobs.");
  });
});

describe("two flows of one name in an app", () => {
  const train = linearFlow({}, "Train");
  const elsewhere = { account: "111111111111", region: "eu-west-1" };

  /** What is told of the second one, by level. */
  function told(first: Stack, second: Stack, namePrefix?: string): readonly string[] {
    new Flow(first, "First", { flow: train });
    const environment =
      namePrefix === undefined ? {} : { environment: new FlowEnvironment(second, "Own", { namePrefix }) };
    const flow = new Flow(second, "Second", { flow: train, ...environment });
    return flow.node.metadata.flatMap(({ type, data }) => (type.startsWith("aws:cdk:") ? `${type}: ${data}` : []));
  }

  const message =
    "There is another flow Train, at Stack/First: both would be the state machine millrace-Train. Rename one of them (its class, or the name in its file), or give one a FlowEnvironment with a namePrefix of its own.";

  test("in a stack are an error at synthesis", () => {
    const stack = new Stack(new App(), "Stack");
    expect(told(stack, stack)).toEqual([`aws:cdk:error: ${message}`]);
  });

  test("in two stacks of one account and region are an error", () => {
    const app = new App();
    expect(told(new Stack(app, "Stack", { env: elsewhere }), new Stack(app, "Other", { env: elsewhere }))).toEqual([
      `aws:cdk:error: ${message}`,
    ]);
  });

  test("in two stacks that may go anywhere are a warning", () => {
    const app = new App();
    expect(told(new Stack(app, "Stack"), new Stack(app, "Other"))).toEqual([
      `aws:cdk:warning: ${message} [ack: millrace/constructs:flow-name]`,
    ]);
  });

  test("are all right in two accounts, and with two prefixes", () => {
    const app = new App();
    const other = { ...elsewhere, account: "222222222222" };
    expect(told(new Stack(app, "Stack", { env: elsewhere }), new Stack(app, "Other", { env: other }))).toEqual([]);
    const stack = new Stack(new App(), "Stack");
    expect(told(stack, stack, "second-")).toEqual([]);
  });
});

test("a step may have any name, also one that a construct has", () => {
  const batch = { compute: { kind: "batch", vcpu: 1, memory: 2048 } } as const;
  const names = [
    "Default",
    "Resource",
    "ExecutionRole",
    "JobQueue",
    "Begin",
    "fit",
    "fitRole",
    "fitBundle",
    "a-b",
    "ab",
  ];
  const flow = linearFlow({ ...Object.fromEntries(names.map((name) => [name, {}])), fit: batch });
  const { stack } = deployable({ flow, batchNetwork: "public" }, (flow) => flow.stepRole("fit"));
  expect(() => App.of(stack)?.synth()).not.toThrow();
});

describe("what AWS would refuse is refused before anything is deployed", () => {
  test("a flow whose state machine's name would be too long", () => {
    expect(() => deployable({ flow: linearFlow({}, "F".repeat(72)) })).toThrow(
      `The flow ${"F".repeat(72)} would be the state machine millrace-${"F".repeat(72)}, a name of 81 characters; Step Functions takes 80.`,
    );
  });

  test.each([
    [{ timeout: 901 }, "The step fit has a time-out of 901 s, and Lambda stops after 900 s."],
    [{ compute: { kind: "lambda", memory: 64 } }, "steps.fit.compute.memory must be at least 128; received 64."],
    [
      { compute: { kind: "batch", vcpu: 3, memory: 8192 } },
      "The step fit has 3 vCPUs; Batch on Fargate has 0.25, 0.5, 1, 2, 4, 8, 16.",
    ],
    [
      { compute: { kind: "batch", vcpu: 4, memory: 1024 } },
      "The step fit has 1024 MiB of memory with 4 vCPUs, which Fargate has not.",
    ],
  ] as const)("%j", (fit, message) => {
    expect(() => deployable({ flow: linearFlow({ fit }) })).toThrow(message);
  });

  test("a role for a step that there is not", () => {
    expect(() => deployable({ flow: BranchFlow }, (flow) => void flow.stepRole("c"))).toThrow(
      'BranchFlow has no step "c".',
    );
  });
});
