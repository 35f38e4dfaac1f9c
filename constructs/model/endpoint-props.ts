import type { Duration, Size } from "aws-cdk-lib";
import type { IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IFlowEnvironment } from "../flow-environment.ts";
import type { BucketPrefix } from "./endpoint-role.ts";
import type { ImageBuild } from "./image.ts";
import type { ModelSource } from "./source.ts";

/** On what a variant runs, and how many there are. */
export interface InstanceProps {
  /** Such as `ml.c7i.large`. Default: `ml.m5.large`. */
  readonly instanceType?: string;
  /** Instances at first; without autoscaling, always. Default: 1. */
  readonly instanceCount?: number;
  /** Default: the number of instances stays. */
  readonly autoscaling?: EndpointScaling;
}

export interface ModelEndpointProps extends InstanceProps {
  /** What the endpoint serves. Default: `variants` say it. */
  readonly source?: ModelSource;
  /** Several services, or several versions of one, that share the requests. Default: `source` alone. */
  readonly variants?: ModelVariant[];
  /** Default: the construct's path, with the environment's prefix or `millrace-`. */
  readonly endpointName?: string;
  /** Whose bucket, key, prefix, permissions boundary, removal policy and alarm topic are used. Default: none of them; logs are retained. */
  readonly environment?: IFlowEnvironment;
  /** Where images are built: on the machine that deploys, or in AWS. Default: `docker`. */
  readonly build?: ImageBuild;
  /** Environment variables of the containers. Not for secrets: whoever may describe the model reads them. Default: none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** No instances: SageMaker runs containers as requests come. Default: instances. */
  readonly serverless?: ServerlessProps;
  /** Requests wait in a queue, and answers go to S3: for up to 1 GB and an hour each. Default: requests are answered at once. */
  readonly asynchronous?: AsynchronousProps;
  /** How an update replaces the instances. Default: all at once; the old ones go when the new ones are in service. */
  readonly deployment?: EndpointDeployment;
  /** Requests and answers are copied to S3. Default: they are not. */
  readonly dataCapture?: DataCapture;
  /** What the containers can reach. Default: SageMaker's own network, from which they reach the internet. */
  readonly vpc?: IVpc;
  /** Default: private subnets with a way out. */
  readonly vpcSubnets?: SubnetSelection;
  /** Default: one that lets everything out and nothing in. */
  readonly securityGroups?: ISecurityGroup[];
  /** Encrypts the instances' volumes. Default: the environment's key where the instances allow one, else a key that AWS owns. */
  readonly encryptionKey?: IKey;
  /** What SageMaker assumes; what serving needs is added to it. Default: an {@link EndpointRole}. */
  readonly role?: IRole;
}

/** One of several models of an endpoint. */
export interface ModelVariant extends InstanceProps {
  /** Letters, digits and hyphens. An update keeps the name: SageMaker shifts traffic between variants of the same name. */
  readonly name: string;
  readonly source: ModelSource;
  /** Its share of the requests, by the sum of all weights. Default: 1. */
  readonly weight?: number;
}

/** How the number of instances follows the requests. */
export interface EndpointScaling {
  /** 0 for asynchronous endpoints alone: they then cost nothing while no request waits. Default: 1. */
  readonly minInstances?: number;
  readonly maxInstances: number;
  /** What an instance is to get: requests a minute, or of an asynchronous endpoint, requests that wait. Default: 600; 5. */
  readonly requestsPerInstance?: number;
  /** Between removals of instances. Default: 5 minutes. */
  readonly scaleInCooldown?: Duration;
  /** Between additions of instances. Default: 1 minute. */
  readonly scaleOutCooldown?: Duration;
}

export interface ServerlessProps {
  /** 1 to 6 GiB, in steps of 1 GiB; the processor's share goes with it. Default: 2 GiB. */
  readonly memory?: Size;
  /** Requests at a time, 200 at most. Default: 20. */
  readonly maxConcurrency?: number;
  /** Containers that are kept warm, and cost by the hour. Default: none; the first request after a pause waits for a container. */
  readonly provisionedConcurrency?: number;
}

export interface AsynchronousProps {
  /** Where requests are put before the endpoint is told of them. Default: `endpoints/`*name*`/requests/` of the environment's bucket. */
  readonly input?: BucketPrefix;
  /** Where answers come, and beside them failures. Default: `endpoints/`*name*`/answers/` of the environment's bucket. */
  readonly output?: BucketPrefix;
  /** Is told of answers. Default: nobody is. */
  readonly successTopic?: ITopic;
  /** Is told of failures. Default: nobody is. */
  readonly errorTopic?: ITopic;
  /** Requests that an instance answers at a time. Default: SageMaker's choice. */
  readonly maxConcurrentInvocations?: number;
}

/**
 * Blue and green: new instances come beside the old ones, and get the requests in steps. Where an alarm goes off, the old ones get them all
 * again, and the deployment fails.
 */
export interface EndpointDeployment {
  /** `canary`: some first, then all. `linear`: so many more each time. `allAtOnce`: all. */
  readonly strategy: "canary" | "linear" | "allAtOnce";
  /** Percent of the instances: of the canary, 1 to 50; of each linear step, 10 to 50. Default: 10. */
  readonly stepSize?: number;
  /** How long the alarms are watched after each step. Default: 5 minutes. */
  readonly wait?: Duration;
  /** How long the old instances are kept after the last step. Default: 5 minutes. */
  readonly terminationWait?: Duration;
  /** When the deployment is given up: 10 minutes to 8 hours. Default: 1 hour. */
  readonly timeout?: Duration;
  /** Any of them rolls back; see also `rollBackOn`. Default: an alarm that goes off when a hundredth of a minute's requests fail; none for an asynchronous endpoint. */
  readonly alarms?: IAlarm[];
}

export interface DataCapture {
  /** Of the requests, 1 to 100. Default: 100. */
  readonly percentage?: number;
  /** Default: `endpoints/`*name*`/captured/` of the environment's bucket. */
  readonly destination?: BucketPrefix;
}
