import type { Deploy, StepDefinition } from "../../lib/flow/definition.ts";
import { unsettled } from "../../lib/task/deploy/protocol.ts";
import type { Exit, Retrier, State } from "./asl.ts";
import { type Around, evaluated, stepState } from "./expressions.ts";
import { serviceRetriers } from "./retry.ts";
import { attempt, lambdaTask } from "./tasks.ts";

/** Seconds between two looks at the endpoint: one takes minutes to come into service. */
const interval = 15;

/** Codes of errors that another call would not mend: the endpoint's, AWS's refusals, and artifacts that cannot be read. */
const final = ["DEPLOYMENT_FAILED", "AWS", "BLOB_MISSING", "BLOB_CORRUPT"] as const;

/** A deployment goes on wherever its function died: every call of it may be repeated. */
const retry: readonly Retrier[] = [
  { ErrorEquals: final, MaxAttempts: 0 },
  serviceRetriers.lambda,
  { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 },
];

/** What comes of the step's function: in which state it left the endpoint, and when it is done, what follows. */
const answer = {
  deployment: "$states.result.Payload.deployment",
  status: "$states.result.Payload.status",
  choice: "$states.result.Payload.choice",
  n: "$states.result.Payload.count",
};

export interface DeployStates {
  readonly step: string;
  readonly definition: StepDefinition & { readonly deploy: Deploy };
  /** The step's function, as a substitution. */
  readonly functionName: string;
  readonly around: Around;
  /** How the flow goes on when the endpoint is in service. */
  readonly exit: Exit;
  name(what: string): string;
}

/**
 * A step that deploys: its function runs the body, and then asks for what is to be next; the machine waits until the endpoint has settled. So they
 * take turns until the endpoint is in service with what this attempt has made, or the function says why it can't be.
 */
export function deployStates(states: DeployStates): Record<string, State> {
  const { step, definition, functionName, around, exit, name } = states;
  const [deploy, status, wait, look, done] = ["deploy", "status", "wait", "endpoint", "deployed"].map(name) as Names;
  const kept = { deployment: "deployment" };
  const next = { Output: evaluated(stepState(around, answer)), Next: status };
  return {
    [step]: lambdaTask(functionName, definition, around, next),
    [status]: {
      Type: "Choice",
      Choices: [
        { Condition: evaluated(`$states.input.status in ${JSON.stringify(unsettled)}`), Next: wait },
        { Condition: evaluated("$states.input.status = 'Deployed'"), Next: done },
      ],
      Default: deploy,
    },
    [deploy]: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Arguments: { FunctionName: functionName, Payload: evaluated(stepState(around, { ...attempt, ...kept })) },
      Retry: retry,
      ...next,
    },
    [wait]: { Type: "Wait", Seconds: interval, Next: look },
    [look]: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
      Arguments: { EndpointName: definition.deploy.endpoint },
      Retry: [serviceRetriers.sagemaker],
      // That it is not there, or can't be seen, the function looks into itself.
      Catch: [{ ErrorEquals: ["States.ALL"], Output: evaluated(stepState(around, kept)), Next: deploy }],
      Output: evaluated(stepState(around, { ...kept, status: "$states.result.EndpointStatus" })),
      Next: status,
    },
    [done]: { Type: "Pass", ...exit },
  };
}

type Names = [deploy: string, status: string, wait: string, look: string, done: string];
