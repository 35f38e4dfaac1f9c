import { type IResource, Resource } from "aws-cdk-lib";
import type { Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { type IStateMachine, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "./flow-environment.ts";
import { readStatements, statesArn } from "./permissions.ts";

/** A deployed flow. */
export interface IFlow extends IResource {
  /** @attribute */
  readonly flowName: string;
  readonly stateMachine: IStateMachine;
  readonly environment: IFlowEnvironment;

  /** To start runs, and to see how those that it started stand. */
  grantStartExecution(grantee: IGrantable): Grant;
  /**
   * To read the flow's records and artifacts, the models of its environment, the deployments of its endpoints, and the console lines of a flow of this
   * app: another app's log group is not known here.
   */
  grantRead(grantee: IGrantable): Grant;

  /** Any metric of the state machine. */
  metric(name: string, options?: MetricOptions): Metric;
  /** Runs that were started. Default statistic: sum over 5 minutes. */
  metricStarted(options?: MetricOptions): Metric;
  /** Runs that succeeded. Default statistic: sum over 5 minutes. */
  metricSucceeded(options?: MetricOptions): Metric;
  /** Runs that failed. Default statistic: sum over 5 minutes. */
  metricFailed(options?: MetricOptions): Metric;
  /** Runs that took longer than they may. Default statistic: sum over 5 minutes. */
  metricTimedOut(options?: MetricOptions): Metric;
  /** Runs that somebody stopped. Default statistic: sum over 5 minutes. */
  metricAborted(options?: MetricOptions): Metric;
  /** Milliseconds from a run's start to its end. Default statistic: average over 5 minutes. */
  metricTime(options?: MetricOptions): Metric;
}

export interface FlowAttributes {
  /** The flow's name: its class, or the `name` in its file. */
  readonly flowName: string;
  /** The environment that the flow was deployed to. */
  readonly environment: IFlowEnvironment;
  /** The endpoints that its steps deploy to, for `grantRead`. Default: none. */
  readonly endpointNames?: readonly string[];
}

export abstract class FlowBase extends Resource implements IFlow {
  abstract readonly flowName: string;
  abstract readonly stateMachine: IStateMachine;
  abstract readonly environment: IFlowEnvironment;
  protected abstract readonly endpointNames: readonly string[];

  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee).combine(
      Grant.addToPrincipal({
        grantee,
        actions: ["states:DescribeExecution"],
        resourceArns: [statesArn(this, "execution", `${this.environment.stateMachineName(this.flowName)}:*`)],
      }),
    );
  }

  grantRead(grantee: IGrantable): Grant {
    return readStatements(this.environment, this.flowName, this.endpointNames)
      .map(({ actions, resources, conditions }) =>
        Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }),
      )
      .reduce((all, grant) => all.combine(grant));
  }

  metric(name: string, options?: MetricOptions): Metric {
    return this.stateMachine.metric(name, options);
  }

  metricStarted(options?: MetricOptions): Metric {
    return this.stateMachine.metricStarted(options);
  }

  metricSucceeded(options?: MetricOptions): Metric {
    return this.stateMachine.metricSucceeded(options);
  }

  metricFailed(options?: MetricOptions): Metric {
    return this.stateMachine.metricFailed(options);
  }

  metricTimedOut(options?: MetricOptions): Metric {
    return this.stateMachine.metricTimedOut(options);
  }

  metricAborted(options?: MetricOptions): Metric {
    return this.stateMachine.metricAborted(options);
  }

  metricTime(options?: MetricOptions): Metric {
    return this.stateMachine.metricTime(options);
  }
}

/** A flow that another stack or app deployed. */
export class ImportedFlow extends FlowBase {
  readonly flowName: string;
  readonly stateMachine: IStateMachine;
  readonly environment: IFlowEnvironment;
  protected readonly endpointNames: readonly string[];

  constructor(scope: Construct, id: string, attributes: FlowAttributes) {
    super(scope, id);
    this.flowName = attributes.flowName;
    this.environment = attributes.environment;
    this.endpointNames = attributes.endpointNames ?? [];
    const name = this.environment.stateMachineName(this.flowName);
    this.stateMachine = StateMachine.fromStateMachineName(this, "Resource", name);
  }
}
