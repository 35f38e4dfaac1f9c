import { createHash } from "node:crypto";
import { join } from "node:path";
import { ArnFormat, Duration, Size, Stack } from "aws-cdk-lib";
import {
  type CfnJobDefinition,
  EcsEc2ContainerDefinition,
  EcsFargateContainerDefinition,
  EcsJobDefinition,
} from "aws-cdk-lib/aws-batch";
import { ContainerImage, LogDriver } from "aws-cdk-lib/aws-ecs";
import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import type { StepDefinition } from "../lib/flow/definition.ts";
import { writeFiles } from "./assets.ts";
import type { BatchCompute } from "./limits.ts";
import { readRuntime } from "./runtime.ts";
import { type TaskSettings, taskVariables } from "./task-function.ts";

/** What a job's container begins with. */
export interface JobProgram {
  /** Needs no build and no registry of the user's. */
  readonly stockImage: string;
  readonly command: string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The objects that it fetches. */
  readonly fetches: readonly string[];
}

/** A step in TypeScript, or a command: the bundle is a module that Node runs. */
export function nodeProgram(scope: Construct, id: string, code: string): JobProgram {
  const asset = new Asset(scope, `${id} Bundle`, { path: join(writeFiles({ "step.mjs": code }), "step.mjs") });
  return {
    stockImage: "public.ecr.aws/docker/library/node:24-slim",
    command: ["node", "--input-type=module", "--eval", readRuntime("boot.mjs")],
    environment: {
      MILLRACE_BUNDLE: asset.httpUrl,
      MILLRACE_BUNDLE_SHA256: createHash("sha256").update(code).digest("hex"),
    },
    // All bundles, so that the revisions before this one can still fetch theirs.
    fetches: [asset.bucket.arnForObjects("*.mjs")],
  };
}

export interface StepJobProps {
  readonly name: string;
  readonly step: StepDefinition;
  readonly compute: BatchCompute;
  readonly program: JobProgram;
  /** Pulls the image and writes the log. */
  readonly executionRole: IRole;
  readonly publicAddress: boolean;
}

/**
 * A Batch step: a container that fetches the step's bundle from S3, checks its hash and runs it. The revisions before a change stay, for the
 * runs that began with them.
 */
export class StepJob extends EcsJobDefinition {
  /** Known beforehand, without the revision. */
  readonly name: string;
  readonly #fetches: readonly string[];

  constructor(scope: Construct, id: string, settings: TaskSettings, props: StepJobProps) {
    const { step, compute, program, executionRole } = props;
    const image = compute.image ?? (step.body.kind === "command" ? step.body.image : undefined) ?? program.stockImage;
    allowPull(executionRole, image);
    const container = {
      image: ContainerImage.fromRegistry(image),
      cpu: compute.vcpu,
      memory: Size.mebibytes(compute.memory),
      command: program.command,
      environment: {
        ...taskVariables(settings.environment),
        AWS_REGION: Stack.of(scope).region,
        ...program.environment,
        MILLRACE_LOG_GROUP: settings.logGroup.logGroupName,
      },
      jobRole: settings.role,
      executionRole,
      logging: LogDriver.awsLogs({ logGroup: settings.logGroup, streamPrefix: id }),
    };
    super(scope, id, {
      jobDefinitionName: props.name,
      container: compute.gpu
        ? new EcsEc2ContainerDefinition(scope, `${id}Container`, { ...container, gpu: compute.gpu })
        : new EcsFargateContainerDefinition(scope, `${id}Container`, {
            ...container,
            assignPublicIp: props.publicAddress,
          }),
      propagateTags: true,
      skipDeregisterOnUpdate: true,
      ...(step.timeout === undefined ? {} : { timeout: Duration.seconds(Math.max(60, Math.ceil(step.timeout))) }),
    });
    this.name = props.name;
    this.#fetches = program.fetches;
    this.#allowFetch(settings.role);
  }

  useRole(role: IRole): void {
    const resource = this.node.defaultChild as CfnJobDefinition;
    resource.addPropertyOverride("ContainerProperties.JobRoleArn", role.roleArn);
    resource.node.addDependency(role);
    this.#allowFetch(role);
  }

  #allowFetch(role: IRole): void {
    const resources = [...this.#fetches];
    if (resources.length === 0) return;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources }));
  }
}

/** A job definition's name within what Batch takes: 128 letters, digits, hyphens and underscores. */
export function jobDefinitionName(machine: string, step: string): string {
  const name = `${machine}-${step}`.replaceAll(/[^A-Za-z0-9_-]/g, "-");
  return name.length <= 128
    ? name
    : `${name.slice(0, 119)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/** Images of a private registry on ECR need leave to be pulled; those of public ones don't. */
function allowPull(role: IRole, image: string): void {
  const [, account, region, repository] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+\/([^:@]+)/.exec(image) ?? [];
  if (!account || !region || !repository) return;
  const arn = Stack.of(role).formatArn({
    service: "ecr",
    account,
    region,
    resource: "repository",
    resourceName: repository,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], resources: [arn] }),
  );
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
}
