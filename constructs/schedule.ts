import { Stack } from "aws-cdk-lib";
import type { Schedule } from "aws-cdk-lib/aws-events";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule, type ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { Json } from "../lib/flow/definition.ts";

export interface RunScheduleProps {
  readonly stateMachine: IStateMachine;
  readonly schedule: Schedule | ScheduleExpression;
  readonly parameters: Readonly<Record<string, Json>>;
}

/** Starts runs by EventBridge Scheduler, which knows time zones. */
export function scheduleRuns(scope: Construct, { stateMachine, schedule, parameters }: RunScheduleProps): void {
  const { account } = Stack.of(scope);
  const role = new Role(scope, "ScheduleRole", {
    description: "Starts scheduled runs",
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": account } },
    }),
  });
  const grant = stateMachine.grantStartExecution(role);
  const timeZone = "timeZone" in schedule ? schedule.timeZone : undefined;
  const resource = new CfnSchedule(scope, "Schedule", {
    scheduleExpression: schedule.expressionString,
    ...(timeZone ? { scheduleExpressionTimezone: timeZone.timezoneName } : {}),
    flexibleTimeWindow: { mode: "OFF" },
    target: { arn: stateMachine.stateMachineArn, roleArn: role.roleArn, input: JSON.stringify(parameters) },
  });
  grant.applyBefore(resource);
}
