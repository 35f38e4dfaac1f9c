import type { Deploy } from "../lib/flow/definition.ts";
import { DeployError } from "./errors.ts";
import { onlyVariant } from "./model/endpoint-base.ts";
import { checkEndpoint } from "./model/endpoint-checks.ts";
import type { StepEndpointOptions } from "./step-endpoint.ts";

/** What SageMaker would refuse after minutes, of a step's endpoint. @throws DeployError with the fix. */
export function checkOptions(step: string, { service: source, hosting }: Deploy, options: StepEndpointOptions): void {
  const names = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (hosting.kind === "serverless") {
    if (names.length === 0) return;
    throw new DeployError(
      `The endpoint of the step ${step} is serverless, and can't have ${names.join(", ")}.`,
      'Leave that out of endpoints, or give the step instances: deploy: { instanceType: "ml.m5.large", … }.',
    );
  }
  const { type: instanceType, count } = hosting;
  // One is what a step has that does not say how many.
  const instances = { instanceType, ...(count > 1 && { instanceCount: count }) };
  checkEndpoint({ ...options, ...instances, source }, [{ ...options, ...instances, name: onlyVariant, source }]);
}
