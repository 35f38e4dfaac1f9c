import { CompositePrincipal, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "./flow-environment.ts";
import { logStatement, taskStatements } from "./permissions.ts";
import { acknowledgeWildcards } from "./wildcards.ts";

export interface TaskRoleProps {
  readonly flow: string;
  readonly environment: IFlowEnvironment;
  readonly logGroup: ILogGroup;
  /** Whether Lambda functions with this role are attached to a VPC. */
  readonly inVpc: boolean;
}

/** What tasks run as, on Lambda and on Batch: they may use their flow's records, the artifacts and the log, and what is granted to them. */
export class TaskRole extends Role {
  constructor(scope: Construct, id: string, { flow, environment, logGroup, inVpc }: TaskRoleProps) {
    super(scope, id, {
      description: `Tasks of the flow ${flow}`,
      assumedBy: new CompositePrincipal(
        new ServicePrincipal("lambda.amazonaws.com"),
        new ServicePrincipal("ecs-tasks.amazonaws.com"),
      ),
    });
    for (const statement of [logStatement(logGroup), ...taskStatements(environment, flow)]) {
      this.addToPrincipalPolicy(statement);
    }
    if (inVpc) {
      // Lambda's own network interfaces; these actions know no resources.
      this.addToPrincipalPolicy(
        new PolicyStatement({
          actions: [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
          ],
          resources: ["*"],
        }),
      );
    }
    acknowledgeWildcards(this, {
      "/blobs/*": "Artifacts are named by their content, which is not known before.",
      "/*.zip": "Revisions of a Batch job keep their bundles, which are named by their content.",
      "/*.mjs": "Revisions of a Batch job keep their bundles, which are named by their content.",
    });
  }
}
