import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { Stack } from "aws-cdk-lib";
import type { Connections, IConnectable } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import type { Deploy, FlowDefinition } from "../lib/flow/definition.ts";
import { arrowModule } from "../lib/model/bundle/code.ts";
import { codeHash } from "../lib/model/bundle/manifest.ts";
import { arrowPackage } from "../lib/model/bundle/needs.ts";
import { dataPrefix, type EndpointSettings } from "../lib/task/deploy/endpoint.ts";
import { contentsOf } from "../lib/task/deploy/image-contents.ts";
import { serviceOf } from "../lib/task/deploy/models.ts";
import type { IFlowEnvironment } from "./flow-environment.ts";
import { EndpointBase, onlyVariant } from "./model/endpoint-base.ts";
import { EndpointNetwork } from "./model/endpoint-network.ts";
import { captureConfig, type EndpointObjects, objectsOf } from "./model/endpoint-objects.ts";
import type { ModelEndpointProps } from "./model/endpoint-props.ts";
import { EndpointRole } from "./model/endpoint-role.ts";
import { type ImageBuild, ModelImage } from "./model/image.ts";
import { hasLocalStorage } from "./model/local-storage.ts";
import { deploymentStatement } from "./permissions.ts";
import { given } from "./props.ts";
import { checkOptions } from "./step-endpoint-checks.ts";
import { scalingOf, scalingReasons, scalingStatements } from "./step-endpoint-scaling.ts";
import { acknowledgeWildcards } from "./wildcards.ts";

/** SageMaker takes names of 63 characters; a deployment's id is the rest of them. */
const longestPrefix = 38;

/** What the endpoint of a step has beside what the step says, as a {@link ModelEndpoint} has it. On instances alone. */
export type StepEndpointOptions = Pick<
  ModelEndpointProps,
  "autoscaling" | "dataCapture" | "encryptionKey" | "securityGroups" | "vpc" | "vpcSubnets"
>;

export interface StepEndpointProps {
  readonly flow: FlowDefinition;
  readonly step: string;
  readonly deploy: Deploy;
  readonly environment: IFlowEnvironment;
  readonly options: StepEndpointOptions;
  /** Default: `docker`. */
  readonly imageBuild?: ImageBuild;
}

/**
 * What there is of an endpoint before a step deploys to it: the image of the service, its network, and the role that serves it. The endpoint itself is
 * made by the first run, and stays when the stack goes.
 */
export class StepEndpoint extends EndpointBase implements IConnectable {
  readonly endpointName: string;
  protected readonly variantName = onlyVariant;
  /** What SageMaker serves the models as: to be granted what the service's own code needs. */
  readonly role: EndpointRole;
  readonly #image: ModelImage;
  readonly #prefix: string;
  readonly #props: StepEndpointProps;
  readonly #network: EndpointNetwork;
  readonly #objects: EndpointObjects;

  /** @throws MillraceError where the service is not right, or SageMaker can't run the endpoint as it is. */
  constructor(scope: Construct, id: string, props: StepEndpointProps) {
    super(scope, id);
    const { flow, step, deploy, environment, options, imageBuild: build } = props;
    checkOptions(step, deploy, options);
    const { endpoint: endpointName } = deploy;
    const { file, name } = serviceOf(deploy);
    const folder = dirname(resolve(flow.file ?? "flow"));
    this.endpointName = endpointName;
    this.#props = props;
    this.#prefix = namePrefix(environment.stateMachineName(flow.name), endpointName);
    this.#image = new ModelImage(this, "Image", {
      source: {
        service: `${resolve(folder, file)}#${name}`,
        models: {},
        ...(deploy.environment && { python: { environment: deploy.environment, folder } }),
      },
      environment,
      ...given({ build }),
    });
    this.#network = new EndpointNetwork(this, options);
    this.#objects = objectsOf(endpointName, { environment, ...given({ dataCapture: options.dataCapture }) });
    const { captured } = this.#objects;
    this.role = new EndpointRole(this, "Role", {
      endpointName,
      images: [this.#image],
      reads: [{ bucket: environment.bucket, prefix: dataPrefix(endpointName) }],
      writes: captured ? [captured] : [],
      inVpc: options.vpc !== undefined,
      ...given({ encryptionKey: this.#volumeKey }),
    });
  }

  /** The containers' network. @throws DeployError where there is no `vpc`. */
  get connections(): Connections {
    return this.#network.connections;
  }

  /** The environment's key goes where it can; hardware encrypts the rest, and SageMaker the serverless. */
  get #volumeKey(): IKey | undefined {
    const { deploy, environment, options } = this.#props;
    const { hosting } = deploy;
    if (options.encryptionKey) return options.encryptionKey;
    return hosting.kind === "instances" && !hasLocalStorage(hosting.type) ? environment.encryptionKey : undefined;
  }

  /** What the step's function must know. */
  get variables(): Readonly<Record<string, string>> {
    return { MILLRACE_ENDPOINT: Stack.of(this).toJsonString(this.#settings) };
  }

  get #settings(): Omit<EndpointSettings, "bucket"> {
    const { options } = this.#props;
    const { python, dependencies = {}, files } = this.#image.manifest;
    const language = python?.file === undefined ? "typescript" : "python";
    const packages = [...Object.keys(dependencies), ...(arrowModule in files ? [arrowPackage] : [])];
    return {
      image: this.#image.imageUri,
      roleArn: this.role.roleArn,
      prefix: this.#prefix,
      contents: contentsOf(language, python?.requirements, packages),
      code: codeHash(this.#image.manifest),
      ...given({
        key: this.#volumeKey?.keyArn,
        network: inOperation(this.#network.vpcConfig),
        capture: inOperation(captureConfig(options, this.#objects)),
        scaling: options.autoscaling && scalingOf(options.autoscaling),
      }),
    };
  }

  /** To make models and configurations under the flow's own names, to let this endpoint take them, and to note that. */
  grantDeploy(role: Role): void {
    const { environment, options } = this.#props;
    const { bucket } = environment;
    const encryptionKey = this.#volumeKey;
    const [model, config] = ["model", "endpoint-config"].map((type) => arnOf(this, type, `${this.#prefix}-*`)) as Pair;
    const allow = (actions: string[], resources: string[], conditions: Record<string, unknown> = {}) =>
      role.addToPrincipalPolicy(new PolicyStatement({ actions, resources, conditions }));
    allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], [model]);
    allow(["sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig"], [config]);
    allow(["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"], [this.endpointArn, config]);
    allow(["sagemaker:DescribeEndpoint", "sagemaker:DeleteEndpoint"], [this.endpointArn]);
    allow(["iam:PassRole"], [this.role.roleArn], {
      StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" },
    });
    const data = bucket.arnForObjects(`${dataPrefix(this.endpointName)}*`);
    allow(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], [data]);
    if (encryptionKey) {
      allow(["kms:CreateGrant"], [encryptionKey.keyArn], { Bool: { "kms:GrantIsForAWSResource": true } });
      allow(["kms:DescribeKey"], [encryptionKey.keyArn]);
    }
    if (options.autoscaling) {
      for (const statement of scalingStatements(this, config)) role.addToPrincipalPolicy(statement);
    }
    role.addToPrincipalPolicy(deploymentStatement(environment, this.endpointName));
    acknowledgeWildcards(role, {
      [`${this.#prefix}-*`]: "Models and configurations are named by the deployment, which is not known before.",
      [`${dataPrefix(this.endpointName)}*`]:
        "Archives of models are named by their content, which is not known before.",
      ...scalingReasons(this),
    });
  }
}

type Pair = [string, string];

/** SageMaker's ARNs are in lower case, whatever the case of the name. */
function arnOf(scope: Construct, resource: string, name: string): string {
  return Stack.of(scope).formatArn({ service: "sagemaker", resource, resourceName: name.toLowerCase() });
}

function namePrefix(machine: string, endpoint: string): string {
  const name = `${machine}-${endpoint}`
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .toLowerCase();
  if (name.length <= longestPrefix) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, longestPrefix - 9).replace(/-$/, "")}-${digest}`;
}

/** What a template has, as the operations of AWS take it: with capitals. */
function inOperation<T>(content: T): Capitalized<T>;
function inOperation(content: unknown): unknown {
  if (Array.isArray(content)) return content.map((item) => inOperation(item));
  if (typeof content !== "object" || content === null) return content;
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), inOperation(value)]),
  );
}

type Capitalized<T> = T extends readonly unknown[] | string
  ? T
  : T extends object
    ? { [K in keyof T as Capitalize<K & string>]: Capitalized<T[K]> }
    : T;
