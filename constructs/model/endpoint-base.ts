import { type IResource, Resource, Stack, Token } from "aws-cdk-lib";
import { Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** A deployed SageMaker endpoint. */
export interface IModelEndpoint extends IResource {
  /** @attribute */
  readonly endpointName: string;
  /** @attribute */
  readonly endpointArn: string;

  /** To ask the endpoint: `sagemaker-runtime invoke-endpoint`. */
  grantInvoke(grantee: IGrantable): Grant;

  /**
   * A metric of `AWS/SageMaker`. All metrics are of the first variant; `dimensionsMap: { VariantName: "…" }` names another one. Default
   * statistic: average over 5 minutes.
   */
  metric(name: string, options?: MetricOptions): Metric;
  /** Requests. Default statistic: sum over 5 minutes. */
  metricInvocations(options?: MetricOptions): Metric;
  /** Requests that the service refused. Default statistic: sum over 5 minutes; the average is their share of the requests. */
  metric4xxErrors(options?: MetricOptions): Metric;
  /** Requests that failed. Default statistic: sum over 5 minutes; the average is their share of the requests. */
  metric5xxErrors(options?: MetricOptions): Metric;
  /** Microseconds that the container takes to answer. Default statistic: average over 5 minutes. */
  metricModelLatency(options?: MetricOptions): Metric;
  /** Microseconds that SageMaker takes besides. Default statistic: average over 5 minutes. */
  metricOverheadLatency(options?: MetricOptions): Metric;
  /** Requests that wait for an asynchronous endpoint. Default statistic: average over 5 minutes. */
  metricBacklog(options?: MetricOptions): Metric;
  /** Percent, of all cores: up to 400 on four. Default statistic: average over 5 minutes. */
  metricCpuUtilization(options?: MetricOptions): Metric;
  /** Percent of the memory of the instance. Default statistic: average over 5 minutes. */
  metricMemoryUtilization(options?: MetricOptions): Metric;
}

/** The variant of an endpoint that has one. */
export const onlyVariant = "AllTraffic";

export interface ModelEndpointAttributes {
  readonly endpointName: string;
  /** Whose metrics are shown. Default: `AllTraffic`, the one variant of a {@link ModelEndpoint} with a `source`. */
  readonly variantName?: string;
}

export abstract class EndpointBase extends Resource implements IModelEndpoint {
  abstract readonly endpointName: string;
  protected abstract readonly variantName: string;

  get endpointArn(): string {
    return Stack.of(this).formatArn({
      service: "sagemaker",
      resource: "endpoint",
      // ARNs have it in lower case, whatever the name is.
      resourceName: Token.isUnresolved(this.endpointName) ? this.endpointName : this.endpointName.toLowerCase(),
    });
  }

  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"],
      resourceArns: [this.endpointArn],
    });
  }

  metric(name: string, options: MetricOptions = {}): Metric {
    return this.#metric("AWS/SageMaker", name, options);
  }

  metricInvocations(options?: MetricOptions): Metric {
    return this.metric("Invocations", { statistic: "Sum", ...options });
  }

  metric4xxErrors(options?: MetricOptions): Metric {
    return this.metric("Invocation4XXErrors", { statistic: "Sum", ...options });
  }

  metric5xxErrors(options?: MetricOptions): Metric {
    return this.metric("Invocation5XXErrors", { statistic: "Sum", ...options });
  }

  metricModelLatency(options?: MetricOptions): Metric {
    return this.metric("ModelLatency", options);
  }

  metricOverheadLatency(options?: MetricOptions): Metric {
    return this.metric("OverheadLatency", options);
  }

  metricBacklog(options?: MetricOptions): Metric {
    const dimensionsMap = { EndpointName: this.endpointName };
    return new Metric({ namespace: "AWS/SageMaker", metricName: "ApproximateBacklogSize", dimensionsMap, ...options });
  }

  metricCpuUtilization(options?: MetricOptions): Metric {
    return this.#metric("/aws/sagemaker/Endpoints", "CPUUtilization", options);
  }

  metricMemoryUtilization(options?: MetricOptions): Metric {
    return this.#metric("/aws/sagemaker/Endpoints", "MemoryUtilization", options);
  }

  #metric(namespace: string, metricName: string, { dimensionsMap, ...options }: MetricOptions = {}): Metric {
    const { endpointName: EndpointName, variantName: VariantName } = this;
    const dimensions = { EndpointName, VariantName, ...dimensionsMap };
    return new Metric({ namespace, metricName, dimensionsMap: dimensions, ...options }).attachTo(this);
  }
}

/** An endpoint that another stack or app, or a flow, deployed. */
export class ImportedEndpoint extends EndpointBase {
  readonly endpointName: string;
  protected readonly variantName: string;

  constructor(scope: Construct, id: string, { endpointName, variantName = onlyVariant }: ModelEndpointAttributes) {
    super(scope, id);
    this.endpointName = endpointName;
    this.variantName = variantName;
  }
}
