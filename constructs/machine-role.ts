import { Stack } from "aws-cdk-lib";
import type { IJobQueue } from "aws-cdk-lib/aws-batch";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "./flow-environment.ts";
import type { StepJob } from "./job-definition.ts";
import { readRecordStatements, statesArn } from "./permissions.ts";
import type { TaskFunction } from "./task-function.ts";
import { acknowledgeWildcards } from "./wildcards.ts";

export interface MachineRoleProps {
  /** The machine's. */
  readonly name: string;
  readonly flow: string;
  readonly environment: IFlowEnvironment;
  readonly functions: readonly TaskFunction[];
  readonly jobs: readonly StepJob[];
  readonly jobQueue?: IJobQueue;
  /** The ARNs of the endpoints that it waits for. */
  readonly endpoints: readonly string[];
  /** Whether iterations run in executions of their own. */
  readonly distributed: boolean;
}

/** What a flow's state machine runs as: it may start the flow's tasks, on all of their versions, and nothing else. */
export class MachineRole extends Role {
  constructor(scope: Construct, id: string, props: MachineRoleProps) {
    super(scope, id, {
      description: `State machine of the flow ${props.flow}`,
      assumedBy: new ServicePrincipal("states.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": Stack.of(scope).account },
          ArnLike: { "aws:SourceArn": statesArn(scope, "stateMachine", props.name) },
        },
      }),
    });
    const statements = [
      new PolicyStatement({
        actions: ["lambda:InvokeFunction"],
        // The versions before the present one too, for the runs that began with them.
        resources: props.functions.map((task) => `${task.functionArn}:*`),
      }),
      ...(props.jobs.length > 0 ? batchStatements(this, props) : []),
      ...(props.jobs.length > 0 ? readRecordStatements(props.environment, props.flow) : []),
      ...(props.endpoints.length > 0
        ? [new PolicyStatement({ actions: ["sagemaker:DescribeEndpoint"], resources: [...props.endpoints] })]
        : []),
      ...(props.distributed ? childStatements(this, props.name) : []),
    ];
    for (const statement of statements) this.addToPrincipalPolicy(statement);
    acknowledgeWildcards(this, {
      ":*": "Functions, job definitions and executions by their versions, revisions and ids: a run in flight, or redriven, uses old ones.",
      "/*": "Jobs and Map runs have ids that are not known before.",
    });
  }
}

function batchStatements(scope: Construct, { jobs, jobQueue }: MachineRoleProps): PolicyStatement[] {
  const stack = Stack.of(scope);
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName });
  return [
    new PolicyStatement({
      actions: ["batch:SubmitJob"],
      resources: [
        ...(jobQueue ? [jobQueue.jobQueueArn] : []),
        ...jobs.map((job) => arn("batch", "job-definition", `${job.name}:*`)),
      ],
    }),
    new PolicyStatement({ actions: ["batch:TerminateJob"], resources: [arn("batch", "job", "*")] }),
    // DescribeJobs knows no resources.
    new PolicyStatement({ actions: ["batch:DescribeJobs"], resources: ["*"] }),
    new PolicyStatement({
      actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
      resources: [arn("events", "rule", "StepFunctionsGetEventsForBatchJobsRule")],
    }),
  ];
}

/** A distributed Map starts executions of its own machine. */
function childStatements(scope: Construct, machine: string): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ["states:StartExecution"], resources: [statesArn(scope, "stateMachine", machine)] }),
    new PolicyStatement({
      actions: ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
      resources: [statesArn(scope, "execution", `${machine}:*`), statesArn(scope, "execution", `${machine}/*`)],
    }),
  ];
}
