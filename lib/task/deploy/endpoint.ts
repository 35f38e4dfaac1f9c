import type { AwsClient } from "../../aws/client.ts";
import { S3Bucket } from "../../aws/s3.ts";
import { isAlreadyThere, isNotFound, sagemaker } from "../../aws/sagemaker.ts";
import type { Deploy, Hosting } from "../../flow/definition.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ModelData } from "./model-data.ts";
import { type EndpointScaling, scaleEndpoint } from "./scaling.ts";

/** What the construct has made for the endpoint of a step. */
export interface EndpointSettings {
  /** What the containers run: the service without its models. */
  readonly image: string;
  readonly roleArn: string;
  /** What the names of models and configurations begin with. */
  readonly prefix: string;
  readonly bucket: string;
  /** Encrypts the instances' volumes. */
  readonly key?: string;
  /** What the containers are attached to, as CreateModel takes it. */
  readonly network?: { readonly Subnets: readonly string[]; readonly SecurityGroupIds: readonly string[] };
  /** As CreateEndpointConfig takes it. */
  readonly capture?: object;
  readonly scaling?: EndpointScaling;
  /** SHA-256 of the service's code. */
  readonly code: string;
  /** What the image can read models with. */
  readonly contents: ImageContents;
}

export interface EndpointState {
  readonly status: string;
  /** The name of the configuration that it runs. */
  readonly config: string;
  readonly failure?: string;
}

/** An endpoint of SageMaker, and the models and configurations that are made for it. Every call may be repeated. @throws AwsError */
export class SageMakerEndpoint {
  readonly settings: EndpointSettings;
  readonly #client: AwsClient;
  readonly #deploy: Deploy;

  constructor(client: AwsClient, deploy: Deploy, settings: EndpointSettings) {
    this.#client = client;
    this.#deploy = deploy;
    this.settings = settings;
  }

  /** What the model and the configuration of a deployment are called. */
  nameOf(id: string): string {
    return `${this.settings.prefix}-${id}`;
  }

  /** Whether a configuration was made by this step: by its name. */
  isOwn(config: string): boolean {
    return config.startsWith(`${this.settings.prefix}-`);
  }

  async describe(): Promise<EndpointState | undefined> {
    try {
      const found = await this.#call("DescribeEndpoint", { EndpointName: this.#deploy.endpoint });
      return {
        status: String(found.EndpointStatus),
        config: String(found.EndpointConfigName),
        ...(found.FailureReason !== undefined && { failure: String(found.FailureReason) }),
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** @returns the archive's address. */
  async putData({ hash, pieces }: ModelData): Promise<string> {
    const bucket = new S3Bucket(this.#client, this.settings.bucket);
    const key = `${dataPrefix(this.#deploy.endpoint)}${hash}.tar.gz`;
    if (!(await bucket.has(key))) await bucket.putNewStream(key, pieces());
    return `s3://${bucket.name}/${key}`;
  }

  /** A model of the image with the archive, and a configuration with the model. */
  async prepare(id: string, data: string): Promise<void> {
    const { image, roleArn, key, network, capture, scaling } = this.settings;
    const { hosting } = this.#deploy;
    const name = this.nameOf(id);
    await this.#make("CreateModel", {
      ModelName: name,
      ExecutionRoleArn: roleArn,
      PrimaryContainer: { Image: image, ModelDataUrl: data },
      ...(network && { VpcConfig: network }),
    });
    await this.#make("CreateEndpointConfig", {
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: onlyVariant, ModelName: name, ...variant(hosting, scaling?.min) }],
      ...(key !== undefined && { KmsKeyId: key }),
      ...(capture && { DataCaptureConfig: capture }),
    });
  }

  async create(id: string): Promise<void> {
    await this.#call("CreateEndpoint", this.#endpointWith(id));
  }

  /** SageMaker puts the new configuration beside the old one, and goes back to that where the new one does not answer. */
  async update(id: string): Promise<void> {
    const { scaling } = this.settings;
    await this.#call("UpdateEndpoint", {
      ...this.#endpointWith(id),
      // What scaling has come to stays.
      ...(scaling && {
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties: [{ VariantPropertyType: "DesiredWeight" }],
      }),
    });
  }

  /** Lets the number of instances follow the requests, where the construct says so. SageMaker must have the endpoint in service. */
  async scale(): Promise<void> {
    const { scaling } = this.settings;
    if (scaling) await scaleEndpoint(this.#client, `endpoint/${this.#deploy.endpoint}/variant/${onlyVariant}`, scaling);
  }

  async delete(): Promise<void> {
    await this.#remove("DeleteEndpoint", { EndpointName: this.#deploy.endpoint });
  }

  /** Deletes a configuration and the model in it, if they are of this step. */
  async removeConfig(name: string): Promise<void> {
    if (!this.isOwn(name)) return;
    await this.#remove("DeleteEndpointConfig", { EndpointConfigName: name });
    await this.#remove("DeleteModel", { ModelName: name });
  }

  #endpointWith(id: string): object {
    return { EndpointName: this.#deploy.endpoint, EndpointConfigName: this.nameOf(id) };
  }

  async #make(operation: string, payload: object): Promise<void> {
    try {
      await this.#call(operation, payload);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
  }

  async #remove(operation: string, payload: object): Promise<void> {
    try {
      await this.#call(operation, payload);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #call(operation: string, payload: object): Promise<Record<string, unknown>> {
    return sagemaker(this.#client, operation, payload);
  }
}

/** Where the archives of an endpoint are in the bucket, apart from the requests that it captures. */
export function dataPrefix(endpoint: string): string {
  return `endpoints/${endpoint}/models/`;
}

const onlyVariant = "AllTraffic";

function variant(hosting: Hosting, least = 1): object {
  if (hosting.kind === "instances") {
    const { type, count } = hosting;
    return { InstanceType: type, InitialInstanceCount: Math.max(count, least), InitialVariantWeight: 1 };
  }
  return { ServerlessConfig: { MemorySizeInMB: hosting.memory, MaxConcurrency: hosting.maxConcurrency } };
}
