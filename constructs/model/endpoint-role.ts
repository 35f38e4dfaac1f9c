import { ArnFormat, Stack } from "aws-cdk-lib";
import { type IRole, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { acknowledgeWildcards } from "../wildcards.ts";
import type { ModelImage } from "./image.ts";

/** The objects of a bucket whose keys begin alike. */
export interface BucketPrefix {
  readonly bucket: IBucket;
  /** Ends in a slash: `endpoints/iris/`. */
  readonly prefix: string;
}

export interface EndpointRoleProps {
  /** Whose logs are written: `/aws/sagemaker/Endpoints/` and this name. */
  readonly endpointName: string;
  /** What the endpoint's containers run. */
  readonly images: ModelImage[];
  /** What is read: archives of models, the requests of an asynchronous endpoint. Default: nothing. */
  readonly reads?: BucketPrefix[];
  /** What is written: captured requests and answers, the answers of an asynchronous endpoint. Default: nothing. */
  readonly writes?: BucketPrefix[];
  /** Encrypts the endpoint's volumes. Default: a key that AWS owns. */
  readonly encryptionKey?: IKey;
  /** Whether the containers are attached to a VPC. Default: false. */
  readonly inVpc?: boolean;
}

/**
 * What SageMaker assumes to serve a model: it may pull the images, read and write what is named, and write the endpoint's logs and metrics.
 * The service's own code runs with it too; what it needs besides is granted to the role.
 *
 * @example
 * ```ts
 * const role = new EndpointRole(stack, "Role", {
 *   endpointName: "iris",
 *   images: [image],
 *   reads: [{ bucket: environment.bucket, prefix: "endpoints/iris/" }],
 * });
 * features.grantReadData(role);
 * ```
 */
export class EndpointRole extends Role {
  constructor(scope: Construct, id: string, props: EndpointRoleProps) {
    super(scope, id, {
      description: `Serves the endpoint ${props.endpointName}`,
      assumedBy: new ServicePrincipal("sagemaker.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
      }),
    });
    allowServing(this, props);
  }
}

/** Adds what serving needs. */
export function allowServing(role: IRole, props: EndpointRoleProps): void {
  const { endpointName, images, reads = [], writes = [], encryptionKey, inVpc = false } = props;
  for (const image of images) image.grantPull(role);
  const keys = new Set([...reads, ...writes].flatMap(({ bucket }) => bucket.encryptionKey?.keyArn ?? []));
  const statements = [
    ...objectStatement(["s3:GetObject"], reads),
    ...objectStatement(["s3:PutObject"], writes),
    ...(keys.size > 0
      ? [new PolicyStatement({ actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [...keys] })]
      : []),
    ...(encryptionKey ? volumeStatements(encryptionKey) : []),
    logStatement(role, endpointName),
    metricStatement(),
    ...(inVpc ? [networkStatement()] : []),
  ];
  for (const statement of statements) role.addToPrincipalPolicy(statement);
  acknowledgeWildcards(role, {
    [`${endpointName}:*`]: "Log streams are named by SageMaker, by variant and instance.",
    ...Object.fromEntries(
      [...reads, ...writes].map(({ prefix }) => [`${prefix}*`, "The keys of the objects are not known before."]),
    ),
  });
}

function objectStatement(actions: string[], parts: readonly BucketPrefix[]): PolicyStatement[] {
  const resources = parts.map(({ bucket, prefix }) => bucket.arnForObjects(`${prefix}*`));
  return resources.length === 0 ? [] : [new PolicyStatement({ actions, resources })];
}

/** The volumes of the instances are encrypted by a grant to the service. */
function volumeStatements({ keyArn }: IKey): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ["kms:CreateGrant"],
      resources: [keyArn],
      conditions: { Bool: { "kms:GrantIsForAWSResource": true } },
    }),
    new PolicyStatement({ actions: ["kms:DescribeKey"], resources: [keyArn] }),
  ];
}

function logStatement(scope: Construct, endpointName: string): PolicyStatement {
  const group = Stack.of(scope).formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: `/aws/sagemaker/Endpoints/${endpointName}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return new PolicyStatement({
    actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
    resources: [group, `${group}:*`],
  });
}

/** The action knows no resources; the condition is what narrows it. */
function metricStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: ["cloudwatch:PutMetricData"],
    resources: ["*"],
    conditions: { StringEquals: { "cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"] } },
  });
}

/** SageMaker's own network interfaces; these actions know no resources that are there before. */
function networkStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      "ec2:CreateNetworkInterface",
      "ec2:CreateNetworkInterfacePermission",
      "ec2:DeleteNetworkInterface",
      "ec2:DeleteNetworkInterfacePermission",
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
    ],
    resources: ["*"],
  });
}
