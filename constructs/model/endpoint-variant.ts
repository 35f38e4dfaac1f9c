import type { IRole } from "aws-cdk-lib/aws-iam";
import { type CfnEndpointConfig, CfnModel } from "aws-cdk-lib/aws-sagemaker";
import { Construct } from "constructs";
import { given } from "../props.ts";
import { defaultConcurrency } from "./endpoint-checks.ts";
import type { ModelEndpointProps, ModelVariant } from "./endpoint-props.ts";
import { ModelImage } from "./image.ts";
import { nameByContent } from "./names.ts";
import { assertPacked } from "./packed.ts";

/** One variant of an endpoint: its image, and the model that SageMaker makes of it. */
export class EndpointVariant extends Construct {
  readonly image: ModelImage;
  readonly #variant: ModelVariant;
  readonly #props: ModelEndpointProps;

  /** @throws MillraceError where the source is not right, or has no models. */
  constructor(scope: Construct, variant: ModelVariant, props: ModelEndpointProps) {
    super(scope, variant.name);
    this.#variant = variant;
    this.#props = props;
    const { build, environment } = props;
    this.image = new ModelImage(this, "Image", { source: variant.source, ...given({ build, environment }) });
    assertPacked(this.image.manifest);
  }

  /** The model: its name changes whenever anything else of it does. */
  createModel(role: IRole, vpcConfig: CfnModel.VpcConfigProperty | undefined): CfnModel {
    const { variables = {}, environment } = this.#props;
    const content = {
      executionRoleArn: role.roleArn,
      primaryContainer: {
        image: this.image.imageUri,
        ...(Object.keys(variables).length > 0 && { environment: variables }),
      },
      ...given({ vpcConfig }),
    };
    const modelName = nameByContent(this, environment?.namePrefix, content);
    const model = new CfnModel(this, "Model", { ...content, ...given({ modelName }) });
    // SageMaker looks whether the role may pull the image when the model is made.
    model.node.addDependency(role);
    return model;
  }

  production(model: CfnModel): CfnEndpointConfig.ProductionVariantProperty {
    const { name: variantName, weight = 1 } = this.#variant;
    return {
      variantName,
      modelName: model.attrModelName,
      initialVariantWeight: weight,
      ...this.#capacity(),
    };
  }

  #capacity(): Pick<
    CfnEndpointConfig.ProductionVariantProperty,
    "instanceType" | "initialInstanceCount" | "serverlessConfig"
  > {
    const { serverless } = this.#props;
    if (serverless) {
      const { memory, maxConcurrency = defaultConcurrency, provisionedConcurrency } = serverless;
      const memorySizeInMb = memory?.toMebibytes() ?? 2048;
      return { serverlessConfig: { memorySizeInMb, maxConcurrency, ...given({ provisionedConcurrency }) } };
    }
    const { instanceType = defaultInstanceType, instanceCount, autoscaling } = this.#variant;
    return { instanceType, initialInstanceCount: instanceCount ?? Math.max(autoscaling?.minInstances ?? 1, 1) };
  }
}

export const defaultInstanceType = "ml.m5.large";
