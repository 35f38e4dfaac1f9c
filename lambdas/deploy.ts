// The runtime of a step on Lambda that deploys. A step's bundle includes it and gets its `millrace` from here.
import { SageMakerEndpoint } from "../lib/task/deploy/endpoint.ts";
import { performDeployment } from "../lib/task/deploy/perform.ts";
import type { DeployAnswer, DeployEvent } from "../lib/task/deploy/protocol.ts";
import type { StepContext } from "../lib/task/protocol.ts";
import { type LambdaContext, logPointer } from "./lambda.ts";
import { storesOf, variable } from "./stores.ts";
import { attemptToken } from "./token.ts";

export * from "../lib/index.ts";

process.setSourceMapsEnabled(true);

/** The handler of the step's function. */
export function taskHandler(context: StepContext, body: unknown) {
  const { deploy } = context.definition;
  if (deploy === undefined) throw new TypeError(`The step ${context.step} deploys nothing.`);
  const { client, store, blobs } = storesOf(process.env);
  const endpoint = new SageMakerEndpoint(client, deploy, {
    ...JSON.parse(variable(process.env, "MILLRACE_ENDPOINT")),
    bucket: variable(process.env, "MILLRACE_BUCKET"),
  });
  return (event: DeployEvent, invocation: LambdaContext): Promise<DeployAnswer> => {
    const performance = { ...event, token: attemptToken(event), log: logPointer(invocation) };
    return performDeployment({ store, blobs, context, deploy, endpoint }, body, performance);
  };
}
