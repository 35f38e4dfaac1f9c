import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  type IStateMachine,
  LogLevel,
  StateMachine,
} from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { FlowDefinition } from "../lib/flow/definition.ts";
import { flowPartition } from "../lib/metadata/keys.ts";
import type { IFlowEnvironment } from "./flow-environment.ts";
import type { FlowSteps } from "./flow-steps.ts";
import { createLogGroup } from "./log-group.ts";
import { MachineRole } from "./machine-role.ts";
import { branch } from "./permissions.ts";
import { given } from "./props.ts";
import { stateMachine } from "./states/machine.ts";
import type { Substitution } from "./states/substitutions.ts";
import type { TaskFunction } from "./task-function.ts";

export interface FlowMachineProps {
  readonly definition: FlowDefinition;
  readonly environment: IFlowEnvironment;
  readonly begin: TaskFunction;
  readonly steps: FlowSteps;
  readonly tracing: boolean;
  readonly timeout?: Duration;
}

/** The flow's state machine. Its name is known beforehand, so that its role may let it start itself, as a distributed Map does. */
export function createStateMachine(scope: Construct, props: FlowMachineProps): IStateMachine {
  const { definition, environment, begin, steps, tracing, timeout } = props;
  const { document, substitutions } = stateMachine(definition);
  const name = environment.stateMachineName(definition.name);
  const { encryptionKey: kmsKey } = environment;
  return new StateMachine(scope, "Resource", {
    stateMachineName: name,
    definitionBody: DefinitionBody.fromString(
      JSON.stringify({ ...document, ...given({ TimeoutSeconds: timeout?.toSeconds() }) }),
    ),
    definitionSubstitutions: Object.fromEntries(
      substitutions.map((wanted) => [wanted.name, substitute(wanted, props)]),
    ),
    role: new MachineRole(scope, "MachineRole", {
      name,
      flow: definition.name,
      environment,
      functions: [begin, ...steps.functions],
      jobs: steps.jobs,
      endpoints: steps.endpointArns,
      distributed: JSON.stringify(document).includes('"Mode":"DISTRIBUTED"'),
      ...given({ jobQueue: steps.jobQueue }),
    }),
    logs: {
      destination: createLogGroup(scope, "MachineLogs", environment, `/aws/vendedlogs/states/${name}`),
      level: LogLevel.ALL,
      includeExecutionData: false,
    },
    tracingEnabled: tracing,
    removalPolicy: RemovalPolicy.DESTROY,
    ...(kmsKey && { encryptionConfiguration: new CustomerManagedEncryptionConfiguration(kmsKey) }),
  });
}

function substitute(wanted: Substitution, { definition, environment, begin, steps }: FlowMachineProps): string {
  switch (wanted.kind) {
    case "begin":
      return begin.currentVersion.functionArn;
    case "flow":
      return flowPartition(definition.name, branch);
    case "table":
      return environment.table.tableName;
    case "queue":
      return steps.jobQueue?.jobQueueArn ?? "";
    case "function":
    case "job":
      return steps.arn(wanted.step);
  }
}
