import { Aspects, Duration, type IResource, RemovalPolicy, Resource, Validations } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { Match, Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { type IManagedPolicy, PermissionsBoundary, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Function as LambdaFunction, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { tableSchema } from "../lib/metadata/keys.ts";
import { runtimeCode } from "./assets.ts";
import { createLogGroup } from "./log-group.ts";
import { NamePrefix } from "./name-prefix.ts";
import { endStatements, logStatement, statesArn } from "./permissions.ts";
import { given } from "./props.ts";
import { taskVariables } from "./task-function.ts";
import { acknowledgeWildcards } from "./wildcards.ts";

/** The environment of another app. */
export interface FlowEnvironmentAttributes {
  readonly bucket: IBucket;
  readonly table: ITable;
  readonly encryptionKey?: IKey;
  /** For the flows that are added to it. */
  readonly permissionsBoundary?: IManagedPolicy;
  /** As the environment was made with. */
  readonly namePrefix?: string;
  /** What becomes of added flows' logs with their stack. Default: they are retained. */
  readonly removalPolicy?: RemovalPolicy;
  /** Is told of failed runs of the flows that are added. Default: no alarms. */
  readonly alarmTopic?: ITopic;
}

export interface FlowEnvironmentProps {
  /** Where artifacts are stored. Default: a new bucket, private, encrypted, TLS only. */
  readonly bucket?: IBucket;
  /** Where runs and tasks are recorded: keys `pk` and `sk`, and the index of {@link FlowEnvironment}. Default: a new table, on demand, with point-in-time recovery. */
  readonly table?: ITable;
  /** Encrypts whatever the environment and its flows store. Default: keys that AWS owns or manages. */
  readonly encryptionKey?: IKey;
  /** Goes on every role of the environment and its flows. */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * What the names of all roles, functions, queues and state machines begin with. Without it, state machines are named `millrace-` and the flow,
   * and CloudFormation chooses all other names.
   */
  readonly namePrefix?: string;
  /** What becomes of the bucket, the table and the logs with the stack. Default: they are retained. */
  readonly removalPolicy?: RemovalPolicy;
  /** Is told of failed runs, and of ends of runs that could not be recorded. Default: no alarms. */
  readonly alarmTopic?: ITopic;
}

/** What flows share. */
export interface IFlowEnvironment extends IResource {
  readonly bucket: IBucket;
  readonly table: ITable;
  readonly encryptionKey?: IKey;
  readonly permissionsBoundary?: IManagedPolicy;
  readonly namePrefix?: string;
  readonly removalPolicy: RemovalPolicy;
  readonly alarmTopic?: ITopic;

  /** The state machine of a flow: known before it is deployed, so that its role may name it and the environment need not. */
  stateMachineName(flow: string): string;
}

/**
 * What flows share: the bucket of their artifacts, the table of their records, and the function that records how a run ended when the run can't
 * do so itself. Flows of one environment see each other's records.
 *
 * @example
 * ```ts
 * const environment = new FlowEnvironment(stack, "Millrace", { encryptionKey });
 * new Flow(stack, "Train", { flow: Train, environment });
 * ```
 */
export class FlowEnvironment extends Resource implements IFlowEnvironment {
  /** An environment that another app deployed. */
  static fromFlowEnvironmentAttributes(
    scope: Construct,
    id: string,
    attributes: FlowEnvironmentAttributes,
  ): IFlowEnvironment {
    return new ImportedEnvironment(scope, id, attributes);
  }

  readonly bucket: IBucket;
  readonly table: ITable;
  readonly encryptionKey?: IKey;
  readonly permissionsBoundary?: IManagedPolicy;
  readonly namePrefix?: string;
  readonly removalPolicy: RemovalPolicy;
  readonly alarmTopic?: ITopic;

  constructor(scope: Construct, id: string, props: FlowEnvironmentProps = {}) {
    super(scope, id);
    if (props.encryptionKey) this.encryptionKey = props.encryptionKey;
    if (props.permissionsBoundary) this.permissionsBoundary = props.permissionsBoundary;
    if (props.alarmTopic) this.alarmTopic = props.alarmTopic;
    if (props.namePrefix !== undefined) this.namePrefix = props.namePrefix;
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.bucket = props.bucket ?? this.#createBucket();
    this.table = props.table ?? this.#createTable();
    this.#recordEnds();
    applyConventions(this, this);
  }

  stateMachineName(flow: string): string {
    return machineName(this, flow);
  }

  #createBucket(): IBucket {
    const bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: this.removalPolicy,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      ...(this.encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey: this.encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
    });
    Validations.of(bucket).acknowledge({
      id: "AwsSolutions-S1",
      reason:
        "Access logs cost a second bucket; whoever needs them passes a bucket that has them, or turns on CloudTrail's data events.",
    });
    return bucket as IBucket;
  }

  #createTable(): ITable {
    const { partitionKey, sortKey, index } = tableSchema;
    const table = new Table(this, "Table", {
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: this.removalPolicy,
      ...(this.encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: this.encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
    });
    table.addGlobalSecondaryIndex({
      indexName: index.name,
      partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
      sortKey: { name: index.sortKey, type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    return table as ITable;
  }

  #createEndFunction(undelivered: IQueue): LambdaFunction {
    const logGroup = createLogGroup(this, "EndLogs", this);
    const role = new Role(this, "EndRole", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    const statements = [
      logStatement(logGroup),
      ...endStatements(this),
      new PolicyStatement({
        actions: ["states:DescribeExecution", "states:GetExecutionHistory", "states:ListMapRuns"],
        resources: [statesArn(this, "execution", this.stateMachineName("*"))],
      }),
      new PolicyStatement({
        actions: ["states:ListExecutions"],
        resources: [statesArn(this, "mapRun", this.stateMachineName("*"))],
      }),
    ];
    for (const statement of statements) role.addToPrincipalPolicy(statement);
    acknowledgeWildcards(role, {
      [this.stateMachineName("*")]:
        "The environment's machines are known by their names' beginning, so that flows can be added later.",
    });
    return new LambdaFunction(this, "EndFunction", {
      description: "Records how a run ended that could not do so itself",
      runtime: Runtime.NODEJS_24_X,
      handler: "end.handler",
      code: runtimeCode("end"),
      memorySize: 512,
      timeout: Duration.minutes(1),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { ...taskVariables(this), MILLRACE_PREFIX: this.stateMachineName("") },
      deadLetterQueue: undelivered,
      ...given({ environmentEncryption: this.encryptionKey }),
    });
  }

  /** One rule for all machines of the environment; what can't be recorded waits in a queue for two weeks. */
  #recordEnds(): void {
    const undelivered = new Queue(this, "UnrecordedEnds", {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      ...(this.encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: this.encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
    });
    const end = this.#createEndFunction(undelivered);
    new Rule(this, "Ended", {
      description: "Runs that failed, timed out or were aborted",
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: {
          status: ["FAILED", "TIMED_OUT", "ABORTED"],
          stateMachineArn: Match.prefix(statesArn(this, "stateMachine", this.stateMachineName(""))),
        },
      },
      targets: [
        new LambdaTarget(end, { deadLetterQueue: undelivered, maxEventAge: Duration.hours(24), retryAttempts: 185 }),
      ],
    });
    if (this.alarmTopic) {
      new Alarm(this, "UnrecordedEndsAlarm", {
        alarmDescription: "The end of a run could not be recorded: see the queue's messages",
        metric: undelivered.metricApproximateNumberOfMessagesVisible(),
        threshold: 1,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(new SnsAction(this.alarmTopic));
    }
  }
}

class ImportedEnvironment extends Resource implements IFlowEnvironment {
  readonly bucket: IBucket;
  readonly table: ITable;
  readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, attributes: FlowEnvironmentAttributes) {
    super(scope, id);
    this.bucket = attributes.bucket;
    this.table = attributes.table;
    this.removalPolicy = attributes.removalPolicy ?? RemovalPolicy.RETAIN;
    Object.assign(this, attributes);
  }

  stateMachineName(flow: string): string {
    return machineName(this, flow);
  }
}

function machineName({ namePrefix = "millrace-" }: IFlowEnvironment, flow: string): string {
  return namePrefix + flow;
}

/** Permissions boundary and names of all that is in `scope`. */
export function applyConventions(scope: Construct, { permissionsBoundary, namePrefix }: IFlowEnvironment): void {
  if (permissionsBoundary) PermissionsBoundary.of(scope).apply(permissionsBoundary);
  if (namePrefix !== undefined) Aspects.of(scope).add(new NamePrefix(namePrefix));
}
