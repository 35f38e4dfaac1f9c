import { Connections, SecurityGroup } from "aws-cdk-lib/aws-ec2";
import type { CfnModel } from "aws-cdk-lib/aws-sagemaker";
import type { Construct } from "constructs";
import { DeployError } from "../errors.ts";
import type { ModelEndpointProps } from "./endpoint-props.ts";

export type EndpointNetworkProps = Pick<ModelEndpointProps, "vpc" | "vpcSubnets" | "securityGroups">;

/** What an endpoint's containers are attached to, where it has a VPC. */
export class EndpointNetwork {
  readonly vpcConfig?: CfnModel.VpcConfigProperty & {
    readonly subnets: string[];
    readonly securityGroupIds: string[];
  };
  readonly #endpoint: Construct;
  readonly #connections?: Connections;

  constructor(endpoint: Construct, { vpc, vpcSubnets, securityGroups: given }: EndpointNetworkProps) {
    this.#endpoint = endpoint;
    if (!vpc) return;
    const securityGroups = given ?? [new SecurityGroup(endpoint, "SecurityGroup", { vpc })];
    this.#connections = new Connections({ securityGroups });
    this.vpcConfig = {
      securityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
      subnets: vpc.selectSubnets(vpcSubnets).subnetIds,
    };
  }

  /** @throws DeployError where there is no VPC. */
  get connections(): Connections {
    if (this.#connections) return this.#connections;
    throw new DeployError(`The endpoint ${this.#endpoint.node.path} is in no VPC.`, "Give it a vpc.");
  }
}
