import { App, Duration, RemovalPolicy, Size, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { type IVpc, Port, Vpc } from "aws-cdk-lib/aws-ec2";
import { AccountRootPrincipal, ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { FlowEnvironment, ModelEndpoint } from "../../../constructs/index.ts";
import { normalized } from "../support.ts";
import { deployableEndpoint, useBundle } from "./support.ts";

const bundle = useBundle();

function resources(template: Template, type: string): Record<string, unknown>[] {
  return Object.values(template.findResources(type)).map(({ Properties }) => Properties);
}

function only(template: Template, type: string): Record<string, unknown> {
  const [found, ...more] = resources(template, type);
  expect(more).toEqual([]);
  return found ?? {};
}

/** What a role of the template may do. */
function statements(template: Template, role: RegExp): Record<string, unknown>[] {
  return resources(template, "AWS::IAM::Policy")
    .filter(({ PolicyName }) => role.test(String(PolicyName)))
    .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement);
}

test("the whole template of an endpoint on instances", async () => {
  const { template } = deployableEndpoint({ source: bundle() });
  await expect(JSON.stringify(normalized(template), undefined, 2)).toMatchFileSnapshot("endpoint.template.json");
});

test("a serverless endpoint has memory and a concurrency instead of instances", () => {
  const serverless = { memory: Size.gibibytes(3), maxConcurrency: 50, provisionedConcurrency: 2 };
  const { template } = deployableEndpoint({ source: bundle(), serverless });
  expect(only(template, "AWS::SageMaker::EndpointConfig")).toEqual({
    ProductionVariants: [
      {
        VariantName: "AllTraffic",
        ModelName: expect.anything(),
        InitialVariantWeight: 1,
        ServerlessConfig: { MemorySizeInMB: 3072, MaxConcurrency: 50, ProvisionedConcurrency: 2 },
      },
    ],
  });
});

describe("an asynchronous endpoint", () => {
  const made = () =>
    deployableEndpoint(
      (stack) => ({
        source: bundle(),
        endpointName: "thirds",
        environment: new FlowEnvironment(stack, "Environment"),
        asynchronous: {
          maxConcurrentInvocations: 4,
          successTopic: new Topic(stack, "Answered"),
          errorTopic: new Topic(stack, "Failed"),
        },
      }),
      (endpoint, stack) => {
        endpoint.grantInvoke(new Role(stack, "Asker", { assumedBy: new AccountRootPrincipal() }));
      },
    );
  const inBucket = (name: string, scheme = "") => ({
    "Fn::Join": ["", [...(scheme ? [scheme] : []), expect.anything(), `/endpoints/thirds/${name}`]],
  });

  test("writes answers to the environment's bucket, and tells topics", () => {
    expect(only(made().template, "AWS::SageMaker::EndpointConfig").AsyncInferenceConfig).toEqual({
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 4 },
      OutputConfig: {
        S3OutputPath: inBucket("answers", "s3://"),
        S3FailurePath: inBucket("answers/failures", "s3://"),
        NotificationConfig: {
          SuccessTopic: { Ref: expect.stringMatching(/^Answered/) },
          ErrorTopic: { Ref: expect.stringMatching(/^Failed/) },
        },
      },
    });
  });

  test("may read its requests, write its answers and tell its topics; who may ask it, the reverse", () => {
    const { template } = made();
    expect(statements(template, /^ThirdsRole/)).toEqual(
      expect.arrayContaining([
        { Effect: "Allow", Action: "s3:GetObject", Resource: inBucket("requests/*") },
        { Effect: "Allow", Action: "s3:PutObject", Resource: inBucket("answers/*") },
        expect.objectContaining({ Action: "sns:Publish" }),
      ]),
    );
    expect(statements(template, /^Asker/)).toEqual([
      {
        Effect: "Allow",
        Action: ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"],
        Resource: { "Fn::Join": ["", [...Array(6).fill(expect.anything()), ":endpoint/thirds"]] },
      },
      { Effect: "Allow", Action: "s3:PutObject", Resource: inBucket("requests/*") },
      { Effect: "Allow", Action: "s3:GetObject", Resource: inBucket("answers/*") },
    ]);
  });
});

test("each variant has a model, a weight and instances of its own", () => {
  const variants = [
    { name: "current", source: bundle(), weight: 9 },
    { name: "candidate", source: bundle(), instanceType: "ml.c5.xlarge", instanceCount: 1 },
  ];
  const { template } = deployableEndpoint({ variants, instanceCount: 3 });
  const modelName = (variant: string) => ({
    "Fn::GetAtt": [expect.stringMatching(`^ThirdsVariants${variant}Model`), "ModelName"],
  });
  expect(only(template, "AWS::SageMaker::EndpointConfig").ProductionVariants).toEqual([
    {
      VariantName: "current",
      ModelName: modelName("current"),
      InitialVariantWeight: 9,
      InstanceType: "ml.m5.large",
      InitialInstanceCount: 3,
    },
    {
      VariantName: "candidate",
      ModelName: modelName("candidate"),
      InitialVariantWeight: 1,
      InstanceType: "ml.c5.xlarge",
      InitialInstanceCount: 1,
    },
  ]);
});

describe("autoscaling", () => {
  test("follows the requests of an instance, and an update keeps the number of instances that it came to", () => {
    const autoscaling = { minInstances: 2, maxInstances: 8, requestsPerInstance: 1200 };
    const { template } = deployableEndpoint({ source: bundle(), autoscaling, endpointName: "thirds" });
    expect(only(template, "AWS::ApplicationAutoScaling::ScalableTarget")).toMatchObject({
      ResourceId: "endpoint/thirds/variant/AllTraffic",
      ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
      ServiceNamespace: "sagemaker",
      MinCapacity: 2,
      MaxCapacity: 8,
    });
    expect(only(template, "AWS::ApplicationAutoScaling::ScalingPolicy")).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        TargetValue: 1200,
        ScaleInCooldown: 300,
        ScaleOutCooldown: 60,
      },
    });
    expect(only(template, "AWS::SageMaker::Endpoint")).toMatchObject({
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: "DesiredWeight" }],
    });
    template.hasResourceProperties("AWS::SageMaker::EndpointConfig", {
      ProductionVariants: [{ InitialInstanceCount: 2 }],
    });
  });

  test("follows the requests that wait for an asynchronous endpoint, down to no instance and up again", () => {
    const { template } = deployableEndpoint((stack) => ({
      source: bundle(),
      endpointName: "thirds",
      environment: new FlowEnvironment(stack, "Environment"),
      asynchronous: {},
      autoscaling: { minInstances: 0, maxInstances: 2 },
    }));
    const [backlog, ...steps] = resources(template, "AWS::ApplicationAutoScaling::ScalingPolicy");
    expect(backlog).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: {
        CustomizedMetricSpecification: {
          MetricName: "ApproximateBacklogSizePerInstance",
          Dimensions: [{ Name: "EndpointName", Value: "thirds" }],
        },
        TargetValue: 5,
      },
    });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      StepScalingPolicyConfiguration: { StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }] },
    });
    expect(only(template, "AWS::CloudWatch::Alarm")).toMatchObject({
      MetricName: "HasBacklogWithoutCapacity",
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
    });
    // The first instance is there to be deployed to.
    template.hasResourceProperties("AWS::SageMaker::EndpointConfig", {
      ProductionVariants: [{ InitialInstanceCount: 1 }],
    });
  });
});

describe("a deployment", () => {
  test("in canaries is rolled back by an alarm of its own, which goes off when requests fail", () => {
    const deployment = { strategy: "canary", stepSize: 25, wait: Duration.minutes(10) } as const;
    const { template } = deployableEndpoint({ source: bundle(), endpointName: "thirds", instanceCount: 4, deployment });
    expect(only(template, "AWS::SageMaker::Endpoint").DeploymentConfig).toEqual({
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: { Ref: expect.stringMatching(/^ThirdsAllTrafficFailed/) } }] },
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: "CANARY",
          CanarySize: { Type: "CAPACITY_PERCENT", Value: 25 },
          WaitIntervalInSeconds: 600,
        },
        TerminationWaitInSeconds: 300,
        MaximumExecutionTimeoutInSeconds: 3600,
      },
    });
    expect(only(template, "AWS::CloudWatch::Alarm")).toMatchObject({
      Namespace: "AWS/SageMaker",
      MetricName: "Invocation5XXErrors",
      Statistic: "Average",
      Period: 60,
      Threshold: 0.01,
      TreatMissingData: "notBreaching",
    });
  });

  test("in linear steps is rolled back by the alarms that it is given, also by those of the endpoint's metrics", () => {
    const { template } = deployableEndpoint(
      (stack) => {
        const errors = Alarm.fromAlarmArn(stack, "Errors", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors");
        return { source: bundle(), deployment: { strategy: "linear", alarms: [errors] } };
      },
      (endpoint, stack) => {
        const latency = endpoint.metricModelLatency({ statistic: "p99", period: Duration.minutes(1) });
        endpoint.rollBackOn(latency.createAlarm(stack, "Slow", { threshold: 50_000, evaluationPeriods: 1 }));
      },
    );
    expect(only(template, "AWS::SageMaker::Endpoint").DeploymentConfig).toMatchObject({
      AutoRollbackConfiguration: {
        Alarms: [{ AlarmName: "errors" }, { AlarmName: { Ref: expect.stringMatching(/^Slow/) } }],
      },
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: { Type: "LINEAR", LinearStepSize: { Type: "CAPACITY_PERCENT", Value: 10 } },
      },
    });
    expect(resources(template, "AWS::CloudWatch::Alarm")).toHaveLength(1);
  });
});

test("requests and answers are captured as JSON in the environment's bucket, or where it is said", () => {
  const captured = (props: object) => {
    const { template } = deployableEndpoint((stack) => ({
      source: bundle(),
      endpointName: "thirds",
      environment: new FlowEnvironment(stack, "Environment"),
      dataCapture: { ...props, ...("percentage" in props && { destination: elsewhere(stack) }) },
    }));
    return only(template, "AWS::SageMaker::EndpointConfig").DataCaptureConfig;
  };
  const elsewhere = (stack: Stack) => ({
    bucket: Bucket.fromBucketName(stack, "Captured", "captured"),
    prefix: "thirds/",
  });
  expect(captured({})).toEqual({
    EnableCapture: true,
    InitialSamplingPercentage: 100,
    DestinationS3Uri: { "Fn::Join": ["", ["s3://", expect.anything(), "/endpoints/thirds/captured"]] },
    CaptureOptions: [{ CaptureMode: "Input" }, { CaptureMode: "Output" }],
    CaptureContentTypeHeader: { JsonContentTypes: ["application/json"] },
  });
  expect(captured({ percentage: 5 })).toMatchObject({
    InitialSamplingPercentage: 5,
    DestinationS3Uri: "s3://captured/thirds",
  });
});

test("in a VPC the containers have a security group that lets nothing in, and the role may make interfaces", () => {
  const { template } = deployableEndpoint(
    (stack) => ({ source: bundle(), vpc: new Vpc(stack, "Vpc") as IVpc }),
    (endpoint) => endpoint.connections.allowToAnyIpv4(Port.tcp(5432)),
  );
  expect(only(template, "AWS::SageMaker::Model").VpcConfig).toEqual({
    SecurityGroupIds: [{ "Fn::GetAtt": [expect.stringMatching(/^ThirdsSecurityGroup/), "GroupId"] }],
    Subnets: [{ Ref: expect.stringMatching(/^VpcPrivate/) }, { Ref: expect.stringMatching(/^VpcPrivate/) }],
  });
  expect(only(template, "AWS::EC2::SecurityGroup")).not.toHaveProperty("SecurityGroupIngress");
  const network = ({ Action }: Record<string, unknown>) => String(Action).includes("ec2:");
  expect(statements(template, /^ThirdsRole/).filter(network)).toHaveLength(1);
  const { template: outside } = deployableEndpoint({ source: bundle() });
  expect(statements(outside, /^ThirdsRole/).filter(network)).toEqual([]);
});

describe("an environment's", () => {
  const inEnvironment = (props: object = {}) =>
    deployableEndpoint((stack) => ({
      source: bundle(),
      environment: new FlowEnvironment(stack, "Environment", {
        namePrefix: "acme-",
        permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, "Boundary", "boundary"),
        encryptionKey: new Key(stack, "Key"),
        removalPolicy: RemovalPolicy.DESTROY,
        alarmTopic: new Topic(stack, "Failures"),
      }),
      ...props,
    })).template;

  test("prefix, permissions boundary, key, removal policy and topic go through everything", () => {
    const template = inEnvironment();
    for (const role of resources(template, "AWS::IAM::Role")) {
      expect(role).toMatchObject({
        RoleName: expect.stringMatching(/^acme-/),
        PermissionsBoundary: expect.anything(),
      });
    }
    const name = expect.stringMatching(/^acme-[a-zA-Z0-9-]+$/);
    expect(only(template, "AWS::SageMaker::Endpoint")).toMatchObject({ EndpointName: name });
    expect(only(template, "AWS::SageMaker::Model")).toMatchObject({ ModelName: name });
    expect(only(template, "AWS::SageMaker::EndpointConfig")).toMatchObject({
      EndpointConfigName: name,
      KmsKeyId: { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
    });
    template.hasResource("AWS::Logs::LogGroup", {
      DeletionPolicy: "Delete",
      Properties: {
        LogGroupName: Match.stringLikeRegexp("^/aws/sagemaker/Endpoints/acme-"),
        KmsKeyId: Match.anyValue(),
      },
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      MetricName: "Invocation5XXErrors",
      AlarmActions: [{ Ref: Match.stringLikeRegexp("^Failures") }],
    });
  });

  test("prefix gives the model and the configuration a name that changes with what they are", () => {
    const names = (template: Template) =>
      ["Model", "EndpointConfig"].map((kind) => only(template, `AWS::SageMaker::${kind}`)[`${kind}Name`]);
    const [first, again, changed] = [{}, {}, { variables: { LEVEL: "2" } }].map((props) => names(inEnvironment(props)));
    expect(again).toEqual(first);
    expect(changed?.[0]).not.toBe(first?.[0]);
  });

  test("key is left out where the hardware encrypts", () => {
    const config = only(inEnvironment({ instanceType: "ml.g5.xlarge" }), "AWS::SageMaker::EndpointConfig");
    expect(config).not.toHaveProperty("KmsKeyId");
  });
});

test("a role that is given may do what serving needs", () => {
  const { template } = deployableEndpoint((stack) => ({
    source: bundle(),
    role: new Role(stack, "Mine", { assumedBy: new AccountRootPrincipal() }),
  }));
  expect(resources(template, "AWS::IAM::Role")).toHaveLength(1);
  expect(statements(template, /^Mine/).flatMap(({ Action }) => Action)).toEqual(
    expect.arrayContaining(["ecr:BatchGetImage", "logs:PutLogEvents", "cloudwatch:PutMetricData"]),
  );
});

test("an endpoint of another app can be asked and watched", () => {
  const stack = new Stack(new App(), "Stack");
  const endpoint = ModelEndpoint.fromEndpointName(stack, "Other", "Iris");
  endpoint.grantInvoke(new Role(stack, "Asker", { assumedBy: new AccountRootPrincipal() }));
  const [statement] = statements(Template.fromStack(stack), /^Asker/);
  expect(JSON.stringify(statement?.Resource)).toContain(":endpoint/iris");
  expect(stack.resolve(endpoint.metricCpuUtilization().toMetricConfig().metricStat)).toMatchObject({
    namespace: "/aws/sagemaker/Endpoints",
    metricName: "CPUUtilization",
    dimensions: [
      { name: "EndpointName", value: "Iris" },
      { name: "VariantName", value: "AllTraffic" },
    ],
  });
  const candidate = ModelEndpoint.fromEndpointAttributes(stack, "Candidate", {
    endpointName: "Iris",
    variantName: "candidate",
  });
  const metrics = [
    candidate.metricInvocations(),
    candidate.metric4xxErrors(),
    candidate.metric5xxErrors({ statistic: "Average" }),
    candidate.metricModelLatency(),
    candidate.metricOverheadLatency(),
    candidate.metricBacklog(),
    candidate.metricMemoryUtilization(),
  ];
  expect(
    metrics.map(({ namespace, metricName, statistic, dimensions }) => [
      namespace,
      metricName,
      statistic,
      Object.keys(dimensions ?? {}).length,
    ]),
  ).toEqual([
    ["AWS/SageMaker", "Invocations", "Sum", 2],
    ["AWS/SageMaker", "Invocation4XXErrors", "Sum", 2],
    ["AWS/SageMaker", "Invocation5XXErrors", "Average", 2],
    ["AWS/SageMaker", "ModelLatency", "Average", 2],
    ["AWS/SageMaker", "OverheadLatency", "Average", 2],
    ["AWS/SageMaker", "ApproximateBacklogSize", "Average", 1],
    ["/aws/sagemaker/Endpoints", "MemoryUtilization", "Average", 2],
  ]);
});
