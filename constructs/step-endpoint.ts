import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import type { Deploy, FlowDefinition, Hosting } from "../lib/flow/definition.ts";
import { arrowModule } from "../lib/model/bundle/code.ts";
import { codeHash } from "../lib/model/bundle/manifest.ts";
import { arrowPackage } from "../lib/model/bundle/needs.ts";
import { dataPrefix } from "../lib/task/deploy/endpoint.ts";
import { contentsOf } from "../lib/task/deploy/image-contents.ts";
import { serviceOf } from "../lib/task/deploy/models.ts";
import type { IFlowEnvironment } from "./flow-environment.ts";
import { EndpointBase, onlyVariant } from "./model/endpoint-base.ts";
import { EndpointRole } from "./model/endpoint-role.ts";
import { type ImageBuild, ModelImage } from "./model/image.ts";
import { deploymentStatement } from "./permissions.ts";
import { given } from "./props.ts";
import { acknowledgeWildcards } from "./wildcards.ts";

/** SageMaker takes names of 63 characters; a deployment's id is the rest of them. */
const longestPrefix = 38;

export interface StepEndpointProps {
  readonly flow: FlowDefinition;
  readonly deploy: Deploy;
  readonly environment: IFlowEnvironment;
  /** Default: `docker`. */
  readonly imageBuild?: ImageBuild;
}

/**
 * What there is of an endpoint before a step deploys to it: the image of the service, and the role that serves it. The endpoint itself is made by
 * the first run, and stays when the stack goes.
 */
export class StepEndpoint extends EndpointBase {
  readonly endpointName: string;
  protected readonly variantName = onlyVariant;
  /** What SageMaker serves the models as: to be granted what the service's own code needs. */
  readonly role: EndpointRole;
  readonly #image: ModelImage;
  readonly #prefix: string;
  readonly #environment: IFlowEnvironment;
  readonly #hosting: Hosting;

  constructor(scope: Construct, id: string, { flow, deploy, environment, imageBuild: build }: StepEndpointProps) {
    super(scope, id);
    const { endpoint: endpointName } = deploy;
    const { file, name } = serviceOf(deploy);
    const folder = dirname(resolve(flow.file ?? "flow"));
    this.endpointName = endpointName;
    this.#environment = environment;
    this.#hosting = deploy.hosting;
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
    this.role = new EndpointRole(this, "Role", {
      endpointName,
      images: [this.#image],
      reads: [{ bucket: environment.bucket, prefix: dataPrefix(endpointName) }],
      ...given({ encryptionKey: this.#volumeKey }),
    });
  }

  /** Serverless endpoints have no volumes that it could encrypt. */
  get #volumeKey(): IKey | undefined {
    return this.#hosting.kind === "instances" ? this.#environment.encryptionKey : undefined;
  }

  /** What the step's function must know. */
  get variables(): Readonly<Record<string, string>> {
    const encryptionKey = this.#volumeKey;
    const { python, dependencies = {}, files } = this.#image.manifest;
    const language = python?.file === undefined ? "typescript" : "python";
    const packages = [...Object.keys(dependencies), ...(arrowModule in files ? [arrowPackage] : [])];
    return {
      MILLRACE_ENDPOINT_IMAGE: this.#image.imageUri,
      MILLRACE_ENDPOINT_ROLE: this.role.roleArn,
      MILLRACE_ENDPOINT_PREFIX: this.#prefix,
      MILLRACE_ENDPOINT_CONTENTS: JSON.stringify(contentsOf(language, python?.requirements, packages)),
      MILLRACE_ENDPOINT_CODE: codeHash(this.#image.manifest),
      ...(encryptionKey && { MILLRACE_ENDPOINT_KEY: encryptionKey.keyArn }),
    };
  }

  /** To make models and configurations under the flow's own names, to let this endpoint take them, and to note that. */
  grantDeploy(role: Role): void {
    const { bucket } = this.#environment;
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
    role.addToPrincipalPolicy(deploymentStatement(this.#environment, this.endpointName));
    acknowledgeWildcards(role, {
      [`${this.#prefix}-*`]: "Models and configurations are named by the deployment, which is not known before.",
      [`${dataPrefix(this.endpointName)}*`]:
        "Archives of models are named by their content, which is not known before.",
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
