import { CustomResource, Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { BuildSpec, ComputeType, LinuxBuildImage, Project, Source } from "aws-cdk-lib/aws-codebuild";
import { type IRepository, Repository, RepositoryEncryption, TagMutability } from "aws-cdk-lib/aws-ecr";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Function as LambdaFunction, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import { runtimeCode } from "../assets.ts";
import type { IFlowEnvironment } from "../flow-environment.ts";
import { createLogGroup } from "../log-group.ts";
import { logStatement } from "../permissions.ts";
import { given } from "../props.ts";
import { acknowledgeWildcards } from "../wildcards.ts";

export interface CodeBuildImageProps {
  /** With a Dockerfile. */
  readonly folder: string;
  readonly environment?: IFlowEnvironment;
}

/** An image that is built in AWS: a project that builds the folder, and a custom resource that waits for it. What was built once is not built again. */
export class CodeBuildImage extends Construct {
  readonly imageUri: string;
  readonly repository: IRepository;

  constructor(scope: Construct, id: string, { folder, environment }: CodeBuildImageProps) {
    super(scope, id);
    const source = new Asset(this, "Source", { path: folder });
    const key = environment?.encryptionKey;
    const repository = new Repository(this, "Repository", {
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      // Whatever is in it can be built again.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
      ...(key && { encryption: RepositoryEncryption.KMS, encryptionKey: key }),
    });
    const logGroup = createLogGroup(this, "Logs", environment ?? { removalPolicy: RemovalPolicy.RETAIN });
    const image = repository.repositoryUriForTag(source.assetHash);
    const project = this.#createProject(source, repository, image, logGroup, environment);
    const built = new CustomResource(this, "Built", {
      serviceToken: this.#createBuilder(project, logGroup, environment).functionArn,
      resourceType: "Custom::Image",
      properties: { Project: project.projectName, Image: image },
    });
    built.node.addDependency(project);
    this.imageUri = built.ref;
    this.repository = repository as IRepository;
  }

  #createProject(
    source: Asset,
    repository: Repository,
    image: string,
    logGroup: ILogGroup,
    environment: IFlowEnvironment | undefined,
  ): Project {
    const role = new Role(this, "Role", {
      description: "Builds an image of a model",
      assumedBy: new ServicePrincipal("codebuild.amazonaws.com"),
    });
    const { bucket, s3ObjectKey } = source;
    const statements = [
      new PolicyStatement({
        actions: ["s3:GetObject", "s3:GetObjectVersion"],
        resources: [bucket.arnForObjects(s3ObjectKey)],
      }),
      new PolicyStatement({ actions: ["s3:GetBucketAcl", "s3:GetBucketLocation"], resources: [bucket.bucketArn] }),
      logStatement(logGroup),
    ];
    for (const statement of statements) role.addToPrincipalPolicy(statement);
    repository.grantPullPush(role);
    repository.grant(role, "ecr:DescribeImages");
    const project = new Project(this, "Project", {
      description: "Builds an image of a model",
      role: role.withoutPolicyUpdates(),
      source: Source.s3({ bucket, path: s3ObjectKey }),
      environment: {
        buildImage: LinuxBuildImage.AMAZON_LINUX_2023_5,
        computeType: ComputeType.SMALL,
        privileged: true,
      },
      environmentVariables: {
        REPOSITORY: { value: repository.repositoryName },
        REGISTRY: { value: repository.registryUri },
        IMAGE: { value: image },
        TAG: { value: source.assetHash },
      },
      buildSpec: BuildSpec.fromObjectToYaml({
        version: "0.2",
        phases: { build: { commands: [script] } },
      }),
      logging: { cloudWatch: { logGroup } },
      timeout: Duration.minutes(14),
      grantReportGroupPermissions: false,
      ...given({ encryptionKey: environment?.encryptionKey }),
    });
    project.node.addDependency(role);
    acknowledgeWildcards(role, {});
    Validations.of(project).acknowledge(
      {
        id: "AwsSolutions-CB3",
        reason: "An image can't be built without it; the build's network and role reach nothing else.",
      },
      { id: "AwsSolutions-CB4", reason: "The project has no artifacts; the image has the environment's key." },
    );
    return project;
  }

  #createBuilder(project: Project, logGroup: ILogGroup, environment: IFlowEnvironment | undefined): LambdaFunction {
    const role = new Role(this, "BuilderRole", {
      description: "Has an image of a model built",
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    const statements = [
      logStatement(logGroup),
      new PolicyStatement({
        actions: ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
        resources: [project.projectArn],
      }),
    ];
    for (const statement of statements) role.addToPrincipalPolicy(statement);
    return new LambdaFunction(this, "Builder", {
      description: "Has an image of a model built",
      runtime: Runtime.NODEJS_24_X,
      handler: "build-image.handler",
      code: runtimeCode("build-image"),
      memorySize: 256,
      timeout: Duration.minutes(15),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...given({ environmentEncryption: environment?.encryptionKey }),
    });
  }
}

/** Tags are never pushed twice: a stack that goes back to what it was finds its image. */
const script = `if aws ecr describe-images --repository-name "$REPOSITORY" --image-ids imageTag="$TAG"; then
  echo "The image is there."
else
  set -e
  aws ecr get-login-password | docker login --username AWS --password-stdin "$REGISTRY"
  docker build --platform linux/amd64 --provenance=false --tag "$IMAGE" .
  docker push "$IMAGE"
fi
`;
