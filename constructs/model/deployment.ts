import { Duration } from "aws-cdk-lib";
import type { CfnEndpoint } from "aws-cdk-lib/aws-sagemaker";
import type { EndpointDeployment } from "./endpoint-props.ts";

const five = Duration.minutes(5);

/** A deployment as CloudFormation has it, but for its alarms. */
export function blueGreen(deployment: EndpointDeployment): CfnEndpoint.BlueGreenUpdatePolicyProperty {
  const { strategy, stepSize = 10, wait = five, terminationWait = five, timeout = Duration.hours(1) } = deployment;
  const size = { type: "CAPACITY_PERCENT", value: stepSize };
  return {
    trafficRoutingConfiguration: {
      type: { canary: "CANARY", linear: "LINEAR", allAtOnce: "ALL_AT_ONCE" }[strategy],
      waitIntervalInSeconds: wait.toSeconds(),
      ...(strategy === "canary" && { canarySize: size }),
      ...(strategy === "linear" && { linearStepSize: size }),
    },
    terminationWaitInSeconds: terminationWait.toSeconds(),
    maximumExecutionTimeoutInSeconds: timeout.toSeconds(),
  };
}
