import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { EndpointScaling as DeployedScaling } from "../lib/task/deploy/scaling.ts";
import { cooldownOf, defaultRequests, serviceLinkedRole } from "./model/autoscaling.ts";
import type { EndpointBase } from "./model/endpoint-base.ts";
import type { EndpointScaling } from "./model/endpoint-props.ts";
import type { Reasons } from "./wildcards.ts";

/** What the step's function registers when the endpoint is in service: before, there is nothing that could scale. */
export function scalingOf(scaling: EndpointScaling): DeployedScaling {
  const { minInstances: min = 1, maxInstances: max, requestsPerInstance: requests = defaultRequests } = scaling;
  const { scaleInCooldown, scaleOutCooldown } = cooldownOf(scaling);
  return { min, max, requests, cooldowns: { in: scaleInCooldown.toSeconds(), out: scaleOutCooldown.toSeconds() } };
}

/**
 * What whoever registers that must be allowed: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
 *
 * @param config The ARN of the endpoint's configurations.
 */
export function scalingStatements(endpoint: EndpointBase, config: string): PolicyStatement[] {
  const stack = Stack.of(endpoint);
  const target = stack.formatArn({
    service: "application-autoscaling",
    resource: "scalable-target",
    resourceName: "*",
  });
  const alarm = stack.formatArn({
    service: "cloudwatch",
    resource: "alarm",
    resourceName: alarmsOf(endpoint),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [
    new PolicyStatement({
      actions: ["application-autoscaling:RegisterScalableTarget", "application-autoscaling:PutScalingPolicy"],
      resources: [target],
      conditions: {
        StringEquals: {
          "application-autoscaling:service-namespace": "sagemaker",
          "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
        },
      },
    }),
    new PolicyStatement({
      actions: ["sagemaker:UpdateEndpointWeightsAndCapacities"],
      resources: [endpoint.endpointArn],
    }),
    new PolicyStatement({ actions: ["sagemaker:DescribeEndpointConfig"], resources: [config] }),
    new PolicyStatement({
      actions: ["cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"],
      resources: [alarm],
    }),
    new PolicyStatement({
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [serviceLinkedRole(endpoint)],
      conditions: { StringEquals: { "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com" } },
    }),
  ];
}

export function scalingReasons(endpoint: EndpointBase): Reasons {
  return {
    "scalable-target/*": "Application Auto Scaling names its targets; what they may be of, the conditions say.",
    [alarmsOf(endpoint)]: "Application Auto Scaling names its alarms.",
  };
}

function alarmsOf({ endpointName }: EndpointBase): string {
  return `TargetTracking-endpoint/${endpointName}/*`;
}
