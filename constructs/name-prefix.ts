import { type IAspect, Names, Token } from "aws-cdk-lib";
import { CfnComputeEnvironment, CfnJobDefinition, CfnJobQueue } from "aws-cdk-lib/aws-batch";
import { CfnProject } from "aws-cdk-lib/aws-codebuild";
import { CfnRepository } from "aws-cdk-lib/aws-ecr";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import type { IConstruct } from "constructs";
import { DeployError } from "./errors.ts";

/**
 * Names the resources of a scope so that they begin with a prefix, for accounts that demand one. Without it CloudFormation chooses the names,
 * which lets it replace resources.
 */
export class NamePrefix implements IAspect {
  readonly #prefix: string;

  /** @throws DeployError where the prefix can't begin the name of a role. */
  constructor(prefix: string) {
    if (!Token.isUnresolved(prefix) && !/^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(prefix)) {
      throw new DeployError(
        `The namePrefix ${JSON.stringify(prefix)} can't begin the names of roles and functions.`,
        "Give letters, digits and hyphens, a letter first, 32 at most.",
      );
    }
    this.#prefix = prefix;
  }

  visit(node: IConstruct): void {
    if (node instanceof CfnRole) node.roleName = this.#name(node, node.roleName);
    else if (node instanceof CfnFunction) node.functionName = this.#name(node, node.functionName);
    else if (node instanceof CfnQueue) node.queueName = this.#name(node, node.queueName);
    else if (node instanceof CfnSchedule) node.name = this.#name(node, node.name);
    else if (node instanceof CfnJobDefinition) node.jobDefinitionName = this.#name(node, node.jobDefinitionName);
    else if (node instanceof CfnJobQueue) node.jobQueueName = this.#name(node, node.jobQueueName);
    else if (node instanceof CfnProject) node.name = this.#name(node, node.name);
    else if (node instanceof CfnRepository) node.repositoryName = this.#name(node, node.repositoryName).toLowerCase();
    else if (node instanceof CfnComputeEnvironment)
      node.computeEnvironmentName = this.#name(node, node.computeEnvironmentName);
  }

  /** A name that CloudFormation is to choose is a token to CDK. */
  #name(node: IConstruct, chosen: string | undefined): string {
    if (chosen !== undefined && !Token.isUnresolved(chosen)) return chosen;
    const scope = node.node.scope ?? node;
    return this.#prefix + Names.uniqueResourceName(scope, { maxLength: 64 - this.#prefix.length, separator: "-" });
  }
}
