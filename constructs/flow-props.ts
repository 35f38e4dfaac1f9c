import type { Duration } from "aws-cdk-lib";
import type { IJobQueue } from "aws-cdk-lib/aws-batch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { Schedule } from "aws-cdk-lib/aws-events";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import type { FlowDefinition, Json } from "../lib/flow/definition.ts";
import type { FlowClass } from "../lib/flow/spec/flow-spec.ts";
import type { IFlowEnvironment } from "./flow-environment.ts";
import type { ImageBuild } from "./model/image.ts";
import type { StepEndpointOptions } from "./step-endpoint.ts";

/** A flow's class, its definition, or the path of the file that declares it (TypeScript, JavaScript, YAML or JSON). */
export type FlowSource = FlowClass | FlowDefinition | string;

export interface FlowProps {
  readonly flow: FlowSource;
  /** What the flow shares with others. Default: an environment of its own. */
  readonly environment?: IFlowEnvironment;
  /** The bucket of the environment of its own. Default: a new one. */
  readonly datastore?: IBucket;
  /** The table of the environment of its own. Default: a new one. */
  readonly table?: ITable;
  /** Where tasks run, on Lambda and on Batch; they must reach S3 and DynamoDB from there. Default: Lambda's own network, and none for Batch. */
  readonly vpc?: IVpc;
  /** Default: private subnets with a way out. */
  readonly vpcSubnets?: SubnetSelection;
  /** Of the tasks in `vpc`. Default: one that lets everything out and nothing in. */
  readonly securityGroups?: ISecurityGroup[];
  /** The queue of Batch steps. Default: a new one on Fargate in `vpc` or `batchNetwork`. */
  readonly jobQueue?: IJobQueue;
  /** `"public"` makes a network without NAT gateways for Batch steps. Default: none; Batch steps then need `vpc` or `jobQueue`. */
  readonly batchNetwork?: "public";
  /** Where the images of the services that steps deploy are built. Default: `docker`, by the machine that deploys the flow. */
  readonly imageBuild?: ImageBuild;
  /**
   * By the name of the step that deploys it, what an endpoint has beside what the step says: `{ release: { vpc, autoscaling: { maxInstances: 4 } } }`.
   * Default: what a {@link ModelEndpoint} has by default.
   */
  readonly endpoints?: Readonly<Record<string, StepEndpointOptions>>;
  /** When runs start by themselves; `ScheduleExpression` of aws-scheduler takes a time zone. Default: they don't. */
  readonly schedule?: Schedule | ScheduleExpression;
  /** The parameters of scheduled runs. Default: the parameters' defaults. */
  readonly scheduleParameters?: Readonly<Record<string, Json>>;
  /** How long a run may take. Default: as long as Step Functions lets it, a year. */
  readonly timeout?: Duration;
  /** Whether runs are traced with X-Ray. Default: true. */
  readonly tracing?: boolean;
}
