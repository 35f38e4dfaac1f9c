import type { AwsClient } from "../../aws/client.ts";
import { callJson, type JsonService } from "../../aws/json-protocol.ts";

/** How the number of an endpoint's instances follows its requests. */
export interface EndpointScaling {
  readonly min: number;
  readonly max: number;
  /** Requests a minute that an instance is to get. */
  readonly requests: number;
  /** In seconds, between removals and between additions of instances. */
  readonly cooldowns: { readonly in: number; readonly out: number };
}

const service: JsonService = {
  service: "application-autoscaling",
  host: "application-autoscaling",
  version: "1.1",
  target: "AnyScaleFrontendService",
};

/**
 * Registers a variant and its policy, or changes what is registered: the endpoint has to be there.
 *
 * @param variant `endpoint/iris/variant/AllTraffic`
 * @throws AwsError, CredentialsError
 */
export async function scaleEndpoint(client: AwsClient, variant: string, scaling: EndpointScaling): Promise<void> {
  const { min, max, requests, cooldowns } = scaling;
  const target = {
    ServiceNamespace: "sagemaker",
    ResourceId: variant,
    ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
  };
  await callJson(client, service, "RegisterScalableTarget", { ...target, MinCapacity: min, MaxCapacity: max });
  await callJson(client, service, "PutScalingPolicy", {
    ...target,
    PolicyName: "Requests",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: requests,
      PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
      ScaleInCooldown: cooldowns.in,
      ScaleOutCooldown: cooldowns.out,
    },
  });
}
