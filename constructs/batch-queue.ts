import { Validations } from "aws-cdk-lib";
import { FargateComputeEnvironment, type IJobQueue, JobQueue } from "aws-cdk-lib/aws-batch";
import {
  GatewayVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import { given } from "./props.ts";

/** A network without NAT gateways, which cost by the hour: jobs have public addresses, nothing can reach them, S3 and DynamoDB are reached directly. */
export function createPublicNetwork(scope: Construct): IVpc {
  const vpc = new Vpc(scope, "Network", {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: "Public", subnetType: SubnetType.PUBLIC }],
    gatewayEndpoints: {
      S3: { service: GatewayVpcEndpointAwsService.S3 },
      DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
  Validations.of(vpc).acknowledge({
    id: "AwsSolutions-VPC7",
    reason:
      "The network holds short-lived jobs that accept no connections; whoever needs flow logs passes a vpc that has them.",
  });
  return vpc as IVpc;
}

export interface BatchQueueProps {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

/** A queue on Fargate, which costs nothing while it is empty. */
export function createJobQueue(scope: Construct, { vpc, vpcSubnets, securityGroups }: BatchQueueProps): IJobQueue {
  const computeEnvironment = new FargateComputeEnvironment(scope, "Compute", {
    vpc,
    ...given({ vpcSubnets, securityGroups }),
  });
  return new JobQueue(scope, "Queue", { computeEnvironments: [{ computeEnvironment, order: 1 }] }) as IJobQueue;
}
