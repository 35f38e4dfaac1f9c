import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IRole } from "aws-cdk-lib/aws-iam";
import {
  type CfnFunction,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "./flow-environment.ts";
import { given } from "./props.ts";

/** Where and as whom the tasks of a flow run. */
export interface TaskSettings {
  readonly environment: IFlowEnvironment;
  readonly role: IRole;
  readonly logGroup: ILogGroup;
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

export interface TaskFunctionProps {
  readonly description: string;
  readonly code: Code;
  readonly handler: string;
  /** Default: Node 24. */
  readonly runtime?: Runtime;
  /** In MiB. */
  readonly memory: number;
  /** In seconds. */
  readonly timeout: number;
  /** Variables beside those of every task. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A Lambda function of a flow. Each change publishes a version, and the versions before it stay, for the runs that began with them. */
export class TaskFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, settings: TaskSettings, props: TaskFunctionProps) {
    const { environment, role, logGroup } = settings;
    super(scope, id, {
      description: props.description,
      runtime: props.runtime ?? Runtime.NODEJS_24_X,
      code: props.code,
      handler: props.handler,
      memorySize: props.memory,
      timeout: Duration.seconds(props.timeout),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { ...taskVariables(environment), ...props.environment },
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...given({
        environmentEncryption: environment.encryptionKey,
        vpc: settings.vpc,
        vpcSubnets: settings.vpcSubnets,
        securityGroups: settings.securityGroups,
      }),
    });
    if (props.runtime) {
      Validations.of(this).acknowledge({
        id: "AwsSolutions-L1",
        reason: "A step in Python runs on the version that its packages are for.",
      });
    }
  }

  useRole(role: IRole): void {
    const resource = this.node.defaultChild as CfnFunction;
    resource.role = role.roleArn;
    resource.node.addDependency(role);
  }
}

/** Where a task finds the records and the artifacts. */
export function taskVariables({ bucket, table }: IFlowEnvironment): Record<string, string> {
  return { MILLRACE_BUCKET: bucket.bucketName, MILLRACE_TABLE: table.tableName };
}
