import { Annotations, Duration, Lazy, RemovalPolicy } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IAlarm, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Connections, IConnectable } from "aws-cdk-lib/aws-ec2";
import { Grant, type IGrantable, type IPrincipal, type IRole } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { CfnEndpoint, CfnEndpointConfig } from "aws-cdk-lib/aws-sagemaker";
import { Construct } from "constructs";
import { DeployError } from "../errors.ts";
import { applyConventions } from "../flow-environment.ts";
import { createLogGroup } from "../log-group.ts";
import { given } from "../props.ts";
import { scaleVariant } from "./autoscaling.ts";
import { blueGreen } from "./deployment.ts";
import {
  EndpointBase,
  type IModelEndpoint,
  ImportedEndpoint,
  type ModelEndpointAttributes,
  onlyVariant,
} from "./endpoint-base.ts";
import { checkEndpoint, checkName } from "./endpoint-checks.ts";
import { EndpointNetwork } from "./endpoint-network.ts";
import { asyncConfig, captureConfig, type EndpointObjects, objectsOf } from "./endpoint-objects.ts";
import type { ModelEndpointProps, ModelVariant } from "./endpoint-props.ts";
import { allowServing, type BucketPrefix, EndpointRole, type EndpointRoleProps } from "./endpoint-role.ts";
import { defaultInstanceType, EndpointVariant } from "./endpoint-variant.ts";
import { hasLocalStorage } from "./local-storage.ts";
import { endpointNameOf, nameByContent } from "./names.ts";
import { assertProps } from "./source.ts";

/**
 * A service behind a SageMaker endpoint: on instances, serverless, or asynchronous. A change of the service, or of what it runs on, puts new
 * instances beside the old ones, and takes these away when the new ones are in service.
 *
 * @example
 * ```ts
 * const endpoint = new ModelEndpoint(stack, "Iris", {
 *   source: { service: "service.ts", models: { model: "iris:production" } },
 *   instanceType: "ml.c7i.large",
 *   autoscaling: { minInstances: 2, maxInstances: 8 },
 *   deployment: { strategy: "canary", stepSize: 10 },
 * });
 * endpoint.grantInvoke(webServer);
 * ```
 */
export class ModelEndpoint extends EndpointBase implements IConnectable, IGrantable {
  /** An endpoint that another stack or app, or a flow, deployed. */
  static fromEndpointAttributes(scope: Construct, id: string, attributes: ModelEndpointAttributes): IModelEndpoint {
    return new ImportedEndpoint(scope, id, attributes);
  }

  /** An endpoint that another stack or app, or a flow, deployed. */
  static fromEndpointName(scope: Construct, id: string, endpointName: string): IModelEndpoint {
    return new ImportedEndpoint(scope, id, { endpointName });
  }

  readonly endpointName: string;
  /** What SageMaker, and so the service's code, runs as. */
  readonly role: IRole;
  /** The console lines of the containers. */
  readonly logGroup: ILogGroup;
  protected readonly variantName: string;
  readonly #props: ModelEndpointProps;
  readonly #objects: EndpointObjects;
  readonly #network: EndpointNetwork;
  readonly #rollbackAlarms: IAlarm[];

  /** @throws MillraceError where a service or its models are not right, or SageMaker can't run the endpoint as it is. */
  constructor(scope: Construct, id: string, props: ModelEndpointProps) {
    super(scope, id);
    assertProps(this, props);
    const { environment, vpc, deployment } = props;
    const variants = variantsOf(props);
    checkEndpoint(props, variants);
    this.#props = props;
    this.endpointName = props.endpointName ?? endpointNameOf(this, environment);
    checkName("endpointName", this.endpointName);
    this.variantName = variants[0]?.name ?? onlyVariant;
    this.#objects = objectsOf(this.endpointName, props);
    const place = new Construct(this, "Variants");
    const parts = variants.map((variant) => new EndpointVariant(place, variant, props));
    const images = parts.map(({ image }) => image);
    this.role = this.#createRole({ endpointName: this.endpointName, images, inVpc: vpc !== undefined });
    this.logGroup = this.#createLogGroup();
    this.#network = new EndpointNetwork(this, props);
    const { vpcConfig } = this.#network;
    const config = this.#createConfig(parts.map((part) => part.production(part.createModel(this.role, vpcConfig))));
    this.#rollbackAlarms = [...(deployment?.alarms ?? [])];
    const endpoint = this.#createEndpoint(config, variants);
    variants.forEach((variant, index) => {
      if (!variant.autoscaling) return;
      scaleVariant(parts[index] ?? this, {
        ...variant.autoscaling,
        endpointName: this.endpointName,
        variantName: variant.name,
        isAsynchronous: props.asynchronous !== undefined,
      }).node.addDependency(endpoint);
    });
    this.#alarm(variants);
    this.#warnOfTimeouts(parts);
    if (environment) applyConventions(this, environment);
  }

  /** The containers' network. @throws DeployError where there is no `vpc`. */
  get connections(): Connections {
    return this.#network.connections;
  }

  get grantPrincipal(): IPrincipal {
    return this.role.grantPrincipal;
  }

  /** Also, of an asynchronous endpoint, to put requests into its bucket and to read the answers. */
  override grantInvoke(grantee: IGrantable): Grant {
    const { requests, answers } = this.#objects;
    return [
      super.grantInvoke(grantee),
      ...(requests ? grantObjects(grantee, ["s3:PutObject"], requests) : []),
      ...(answers ? grantObjects(grantee, ["s3:GetObject"], answers) : []),
    ].reduce((all, grant) => all.combine(grant));
  }

  /**
   * Lets an alarm roll back a deployment: one of the endpoint's own metrics, say.
   *
   * @throws DeployError where the endpoint has no `deployment`.
   * @example
   * ```ts
   * const latency = endpoint.metricModelLatency({ statistic: "p99", period: Duration.minutes(1) });
   * endpoint.rollBackOn(latency.createAlarm(stack, "Slow", { threshold: 50_000, evaluationPeriods: 1 }));
   * ```
   */
  rollBackOn(alarm: IAlarm): void {
    if (!this.#props.deployment) {
      throw new DeployError(
        `The endpoint ${this.node.path} has no deployment that an alarm could roll back.`,
        'Give it one: deployment: { strategy: "canary" }.',
      );
    }
    this.#rollbackAlarms.push(alarm);
  }

  #createRole(common: EndpointRoleProps): IRole {
    const { captured, requests, answers } = this.#objects;
    const key = this.#volumeKey();
    const props: EndpointRoleProps = {
      ...common,
      reads: requests ? [requests] : [],
      writes: [captured, answers].filter((part) => part !== undefined),
      ...given({ encryptionKey: key }),
    };
    const { role, asynchronous } = this.#props;
    if (role) allowServing(role, props);
    const chosen = role ?? new EndpointRole(this, "Role", props);
    for (const topic of [asynchronous?.successTopic, asynchronous?.errorTopic]) topic?.grantPublish(chosen);
    return chosen;
  }

  #createLogGroup(): ILogGroup {
    const { environment } = this.#props;
    const name = `/aws/sagemaker/Endpoints/${this.endpointName}`;
    return createLogGroup(this, "Logs", environment ?? { removalPolicy: RemovalPolicy.RETAIN }, name);
  }

  /** The environment's key goes where it can; hardware encrypts the rest, and SageMaker the serverless. */
  #volumeKey() {
    const { encryptionKey, environment, serverless } = this.#props;
    if (encryptionKey) return encryptionKey;
    const types = variantsOf(this.#props).map(({ instanceType = defaultInstanceType }) => instanceType);
    return serverless || types.some(hasLocalStorage) ? undefined : environment?.encryptionKey;
  }

  #createConfig(productionVariants: CfnEndpointConfig.ProductionVariantProperty[]): CfnEndpointConfig {
    const content = {
      productionVariants,
      ...given({
        kmsKeyId: this.#volumeKey()?.keyArn,
        dataCaptureConfig: captureConfig(this.#props, this.#objects),
        asyncInferenceConfig: asyncConfig(this.#props, this.#objects),
      }),
    };
    const endpointConfigName = nameByContent(this, this.#props.environment?.namePrefix, content);
    return new CfnEndpointConfig(this, "Config", { ...content, ...given({ endpointConfigName }) });
  }

  #createEndpoint(config: CfnEndpointConfig, variants: readonly ModelVariant[]): CfnEndpoint {
    const { deployment } = this.#props;
    const endpoint = new CfnEndpoint(this, "Resource", {
      endpointName: this.endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      ...(deployment && {
        deploymentConfig: {
          blueGreenUpdatePolicy: blueGreen(deployment),
          autoRollbackConfiguration: Lazy.any({
            produce: () =>
              this.#rollbackAlarms.length === 0
                ? undefined
                : { alarms: this.#rollbackAlarms.map(({ alarmName }) => ({ alarmName })) },
          }),
        },
      }),
      // What autoscaling has come to stays; weights are as they are given.
      ...(variants.some(({ autoscaling }) => autoscaling) && {
        retainAllVariantProperties: true,
        excludeRetainedVariantProperties: [{ variantPropertyType: "DesiredWeight" }],
      }),
    });
    // Else SageMaker makes it, without a retention.
    endpoint.node.addDependency(this.logGroup);
    return endpoint;
  }

  /** An alarm for each variant: it tells the environment's topic, and rolls back where no alarm is given that does. */
  #alarm(variants: readonly ModelVariant[]): void {
    const { environment, deployment, asynchronous } = this.#props;
    const topic = environment?.alarmTopic;
    const isRollback = deployment !== undefined && deployment.alarms === undefined && !asynchronous;
    if (!topic && !isRollback) return;
    for (const { name } of variants) {
      const alarm = new Alarm(this, `${name}FailedAlarm`, {
        alarmDescription: `More than a hundredth of the requests to ${name} of ${this.endpointName} failed`,
        metric: this.metric5xxErrors({
          dimensionsMap: { VariantName: name },
          statistic: "Average",
          period: Duration.minutes(1),
        }),
        threshold: 0.01,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
      if (isRollback) this.#rollbackAlarms.push(alarm as IAlarm);
    }
  }

  #warnOfTimeouts(parts: readonly EndpointVariant[]): void {
    const most = this.#props.asynchronous ? 3_600_000 : 60_000;
    for (const { image } of parts) {
      for (const { name, timeout } of image.manifest.apis) {
        if (timeout <= most) continue;
        Annotations.of(this).addWarningV2(
          "millrace/constructs:endpoint-timeout",
          `${image.manifest.service}.${name} may take ${timeout / 1000} s, and SageMaker gives up after ${most / 1000} s.`,
        );
      }
    }
  }
}

function grantObjects(grantee: IGrantable, actions: string[], { bucket, prefix }: BucketPrefix): Grant[] {
  const key = bucket.encryptionKey?.grantEncryptDecrypt(grantee);
  const objects = Grant.addToPrincipal({ grantee, actions, resourceArns: [bucket.arnForObjects(`${prefix}*`)] });
  return key ? [objects, key] : [objects];
}

function variantsOf({
  source,
  variants,
  instanceType,
  instanceCount,
  autoscaling,
}: ModelEndpointProps): ModelVariant[] {
  if ((source === undefined) === (variants === undefined || variants.length === 0)) {
    throw new DeployError(
      `An endpoint has a source or variants; received ${source === undefined ? "neither" : "both"}.`,
      'Give source: "service.ts", or variants with a source each.',
    );
  }
  const common = given({ instanceType, instanceCount, autoscaling });
  if (source !== undefined) return [{ ...common, name: onlyVariant, source }];
  return (variants ?? []).map((variant) => ({ ...common, ...variant }));
}
