import { Duration, Stack } from "aws-cdk-lib";
import {
  AdjustmentType,
  PredefinedMetric,
  ScalableTarget,
  ServiceNamespace,
} from "aws-cdk-lib/aws-applicationautoscaling";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Role } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { EndpointScaling } from "./endpoint-props.ts";

export interface VariantScalingProps extends EndpointScaling {
  readonly endpointName: string;
  readonly variantName: string;
  readonly isAsynchronous: boolean;
}

/** Lets the number of a variant's instances follow its requests, or those that wait for it. */
export function scaleVariant(scope: Construct, props: VariantScalingProps): ScalableTarget {
  const { endpointName, variantName, isAsynchronous, minInstances = 1, maxInstances } = props;
  const target = new ScalableTarget(scope, "Scaling", {
    serviceNamespace: ServiceNamespace.SAGEMAKER,
    scalableDimension: "sagemaker:variant:DesiredInstanceCount",
    resourceId: `endpoint/${endpointName}/variant/${variantName}`,
    minCapacity: minInstances,
    maxCapacity: maxInstances,
    role: Role.fromRoleArn(scope, "ScalingRole", serviceLinkedRole(scope)),
  });
  const cooldown = cooldownOf(props);
  if (!isAsynchronous) {
    target.scaleToTrackMetric("Requests", {
      predefinedMetric: PredefinedMetric.SAGEMAKER_VARIANT_INVOCATIONS_PER_INSTANCE,
      targetValue: props.requestsPerInstance ?? defaultRequests,
      ...cooldown,
    });
    return target;
  }
  target.scaleToTrackMetric("Backlog", {
    customMetric: endpointMetric(endpointName, "ApproximateBacklogSizePerInstance", "Average"),
    targetValue: props.requestsPerInstance ?? 5,
    ...cooldown,
  });
  if (minInstances === 0) {
    // Where there is no instance, there is no backlog of an instance either.
    target.scaleOnMetric("FromZero", {
      metric: endpointMetric(endpointName, "HasBacklogWithoutCapacity", "Maximum"),
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      scalingSteps: [
        { upper: 0, change: 0 },
        { lower: 1, change: 1 },
      ],
      cooldown: cooldown.scaleOutCooldown,
    });
  }
  return target;
}

/** A minute, for each instance. */
export const defaultRequests = 600;

export function cooldownOf({ scaleInCooldown, scaleOutCooldown }: EndpointScaling) {
  return {
    scaleInCooldown: scaleInCooldown ?? Duration.minutes(5),
    scaleOutCooldown: scaleOutCooldown ?? Duration.minutes(1),
  };
}

function endpointMetric(endpointName: string, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: "AWS/SageMaker",
    metricName,
    dimensionsMap: { EndpointName: endpointName },
    statistic,
    period: Duration.minutes(1),
  });
}

/** Application Auto Scaling makes it and uses no other. */
export function serviceLinkedRole(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: "iam",
    region: "",
    resource: "role",
    resourceName:
      "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
  });
}
