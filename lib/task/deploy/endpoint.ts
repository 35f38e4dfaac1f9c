import type { AwsClient } from "../../aws/client.ts";
import { S3Bucket } from "../../aws/s3.ts";
import { isAlreadyThere, isNotFound, sagemaker } from "../../aws/sagemaker.ts";
import type { Deploy, Hosting } from "../../flow/definition.ts";
import type { ImageContents } from "./image-contents.ts";
import { hasLocalStorage } from "./local-storage.ts";
import type { ModelData } from "./model-data.ts";

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
    const { image, roleArn, key } = this.settings;
    const { hosting } = this.#deploy;
    const name = this.nameOf(id);
    await this.#make("CreateModel", {
      ModelName: name,
      ExecutionRoleArn: roleArn,
      PrimaryContainer: { Image: image, ModelDataUrl: data },
    });
    await this.#make("CreateEndpointConfig", {
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: "AllTraffic", ModelName: name, ...variant(hosting) }],
      ...(key !== undefined && takesKey(hosting) && { KmsKeyId: key }),
    });
  }

  async create(id: string): Promise<void> {
    await this.#call("CreateEndpoint", this.#endpointWith(id));
  }

  /** SageMaker puts the new configuration beside the old one, and goes back to that where the new one does not answer. */
  async update(id: string): Promise<void> {
    await this.#call("UpdateEndpoint", this.#endpointWith(id));
  }

  async delete(): Promise<void> {
    await this.#remove("DeleteEndpoint", { EndpointName: this.#deploy.endpoint });
  }

  /** Deletes a configuration and the model in it, if they are of this step. */
  async removeConfig(name: string): Promise<void> {
    if (!name.startsWith(`${this.settings.prefix}-`)) return;
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

/** Where the archives of an endpoint are in the bucket. */
export function dataPrefix(endpoint: string): string {
  return `endpoints/${endpoint}/`;
}

function variant(hosting: Hosting): object {
  if (hosting.kind === "instances") {
    return { InstanceType: hosting.type, InitialInstanceCount: hosting.count, InitialVariantWeight: 1 };
  }
  return { ServerlessConfig: { MemorySizeInMB: hosting.memory, MaxConcurrency: hosting.maxConcurrency } };
}

function takesKey(hosting: Hosting): boolean {
  return hosting.kind === "instances" && !hasLocalStorage(hosting.type);
}
