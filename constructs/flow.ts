import { Duration } from "aws-cdk-lib";
import type { IJobQueue } from "aws-cdk-lib/aws-batch";
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Grant, IGrantable, IPrincipal, IRole } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { BegunFlow } from "../lambdas/begin.ts";
import type { FlowDefinition } from "../lib/flow/definition.ts";
import { readParameters } from "../lib/flow/parameters.ts";
import { runtimeCode } from "./assets.ts";
import { type FlowAttributes, FlowBase, type IFlow, ImportedFlow } from "./flow-base.ts";
import { applyConventions, FlowEnvironment, type IFlowEnvironment } from "./flow-environment.ts";
import type { FlowProps } from "./flow-props.ts";
import { FlowSteps } from "./flow-steps.ts";
import { createLogGroup } from "./log-group.ts";
import { claimMachineName } from "./machine-names.ts";
import { given } from "./props.ts";
import { scheduleRuns } from "./schedule.ts";
import { flowOf } from "./source.ts";
import { createStateMachine } from "./state-machine.ts";
import type { StepEndpoint } from "./step-endpoint.ts";
import { TaskFunction, type TaskSettings } from "./task-function.ts";
import { TaskRole } from "./task-role.ts";

/**
 * A flow on AWS: a Step Functions state machine whose tasks run on Lambda and Batch. Runs are started with the parameters as input, from the
 * console with `{}`.
 *
 * @example
 * ```ts
 * const flow = new Flow(stack, "Train", { flow: Train, schedule: ScheduleExpression.cron({ minute: "0", hour: "3" }) });
 * images.grantRead(flow.stepRole("train"));
 * flow.grantStartExecution(webServer);
 * ```
 */
export class Flow extends FlowBase implements IGrantable {
  /** A flow that another stack or app deployed. */
  static fromFlowAttributes(scope: Construct, id: string, attributes: FlowAttributes): IFlow {
    return new ImportedFlow(scope, id, attributes);
  }

  readonly flowName: string;
  readonly environment: IFlowEnvironment;
  readonly stateMachine: IStateMachine;
  /** Of all tasks that have no role of their own. */
  readonly role: IRole;
  /** The console lines of all tasks. */
  readonly logGroup: ILogGroup;
  /** Where Batch steps wait; a flow without them has none. */
  readonly jobQueue?: IJobQueue;
  readonly #steps: FlowSteps;

  /** @throws MillraceError where the flow or `scheduleParameters` are not right, or AWS can't run the flow as it is. */
  constructor(scope: Construct, id: string, props: FlowProps) {
    super(scope, id);
    const { definition, bundles, modules, pythonBundles } = flowOf(this, props.flow);
    this.flowName = definition.name;
    const { datastore: bucket, table, vpc, vpcSubnets, securityGroups, jobQueue, batchNetwork, timeout } = props;
    const environment = props.environment ?? new FlowEnvironment(this, "Environment", given({ bucket, table }));
    claimMachineName(this, this.flowName, environment.stateMachineName(this.flowName));
    const logGroup = createLogGroup(this, "Logs", environment);
    const role = new TaskRole(this, "Role", { flow: this.flowName, environment, logGroup, inVpc: vpc !== undefined });
    const settings = { environment, logGroup, role, ...given({ vpc, vpcSubnets, securityGroups }) };
    const begin = createBegin(this, settings, definition);
    this.#steps = new FlowSteps(this, "Steps", {
      definition,
      settings,
      bundles,
      modules,
      pythonBundles,
      ...given({ jobQueue, batchNetwork, imageBuild: props.imageBuild, endpoints: props.endpoints }),
    });
    if (this.#steps.jobQueue) this.jobQueue = this.#steps.jobQueue;
    this.stateMachine = createStateMachine(this, {
      definition,
      environment,
      begin,
      steps: this.#steps,
      tracing: props.tracing ?? true,
      ...given({ timeout }),
    });
    this.environment = environment;
    this.role = role;
    this.logGroup = logGroup;
    if (props.schedule) {
      const { schedule, scheduleParameters: parameters = {} } = props;
      readParameters(definition.parameters, parameters);
      scheduleRuns(this, { stateMachine: this.stateMachine, schedule, parameters });
    }
    if (environment.alarmTopic) this.#alarm(environment.alarmTopic);
    applyConventions(this, environment);
  }

  protected get endpointNames(): readonly string[] {
    return this.#steps.endpointNames;
  }

  override grantRead(grantee: IGrantable): Grant {
    return super.grantRead(grantee).combine(this.logGroup.grantRead(grantee));
  }

  /** The tasks of all steps but those with a role of their own. */
  get grantPrincipal(): IPrincipal {
    return this.role.grantPrincipal;
  }

  /**
   * A role of the step's own, to be granted what no other step may do.
   *
   * @throws DeployError where the flow has no such step.
   */
  stepRole(step: string): IRole {
    return this.#steps.role(step);
  }

  /**
   * The endpoint that a step deploys to: to be asked by whom it is granted, and with the role that it is served as.
   *
   * @throws DeployError where the step deploys nothing.
   * @example
   * ```ts
   * flow.endpoint("release").grantInvoke(webServer);
   * ```
   */
  endpoint(step: string): StepEndpoint {
    return this.#steps.endpoint(step);
  }

  #alarm(topic: ITopic): void {
    const alarm = new Alarm(this, "FailedAlarm", {
      alarmDescription: `A run of ${this.flowName} failed or timed out`,
      metric: failures(this),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
  }
}

function createBegin(
  scope: Construct,
  settings: TaskSettings,
  { name, parameters, steps }: FlowDefinition,
): TaskFunction {
  const flow: BegunFlow = { name, parameters, steps: Object.keys(steps) };
  return new TaskFunction(scope, "Begin", settings, {
    description: `${name}: checks the parameters and registers the run`,
    code: runtimeCode("begin", { "flow.json": JSON.stringify(flow) }),
    handler: "begin.handler",
    memory: 512,
    timeout: 60,
  });
}

function failures(flow: IFlow): MathExpression {
  const period = Duration.minutes(5);
  return new MathExpression({
    // A metric without data in a period would leave the sum without a value.
    expression: "FILL(failed, 0) + FILL(timedOut, 0)",
    usingMetrics: { failed: flow.metricFailed(), timedOut: flow.metricTimedOut() },
    period,
    label: "Failed runs",
  });
}
