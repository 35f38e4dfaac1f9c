import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { BundleManifest } from "../../lib/model/bundle/manifest.ts";
import type { IFlowEnvironment } from "../flow-environment.ts";
import { given } from "../props.ts";
import { CodeBuildImage } from "./codebuild-image.ts";
import { assertProps, bundleOf, type ModelSource } from "./source.ts";

/** Where an image is built. `docker`: by the machine that deploys. `codebuild`: in AWS, for machines without Docker; it takes 15 minutes at most. */
export type ImageBuild = "docker" | "codebuild";

export interface ModelImageProps {
  /** What the image serves. Where a service's models have no value, the image has the code alone, and is served with the models of `/opt/ml/model`. */
  readonly source: ModelSource;
  /** Default: `docker`. */
  readonly build?: ImageBuild;
  /** Whose key and removal policy are used where the image is built in AWS. Default: none; logs are retained. */
  readonly environment?: IFlowEnvironment;
}

/**
 * The container image of a service, for linux/amd64: its bundle, built when the app is deployed and pushed to ECR. The same bundle is the same
 * image.
 *
 * @example
 * ```ts
 * const image = new ModelImage(stack, "Image", { source: "service.ts" });
 * new EndpointRole(stack, "Role", { images: [image], endpointName: "iris" });
 * ```
 */
export class ModelImage extends Construct {
  /** With its tag. */
  readonly imageUri: string;
  readonly repository: IRepository;
  /** What the bundle says of itself: the service, its APIs, its models, those that are not in it. */
  readonly manifest: BundleManifest;

  /** @throws MillraceError where the service, its bundle or its models are not right. */
  constructor(scope: Construct, id: string, props: ModelImageProps) {
    super(scope, id);
    assertProps(this, props);
    const { source, build = "docker", environment } = props;
    const { folder, manifest } = bundleOf(this, source);
    const image =
      build === "docker"
        ? new DockerImageAsset(this, "Asset", { directory: folder, platform: Platform.LINUX_AMD64 })
        : new CodeBuildImage(this, "Build", { folder, ...given({ environment }) });
    this.imageUri = image.imageUri;
    this.repository = image.repository;
    this.manifest = manifest;
  }

  /** To pull the image. */
  grantPull(grantee: IGrantable): Grant {
    return this.repository.grantPull(grantee);
  }
}
