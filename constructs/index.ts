export { DeployError } from "./errors.ts";
export { Flow } from "./flow.ts";
export type { FlowAttributes, IFlow } from "./flow-base.ts";
export {
  FlowEnvironment,
  type FlowEnvironmentAttributes,
  type FlowEnvironmentProps,
  type IFlowEnvironment,
} from "./flow-environment.ts";
export type { FlowProps, FlowSource } from "./flow-props.ts";
export { FlowStack, type FlowStackProps } from "./flow-stack.ts";
export { ModelEndpoint } from "./model/endpoint.ts";
export type { IModelEndpoint, ModelEndpointAttributes } from "./model/endpoint-base.ts";
export type {
  AsynchronousProps,
  DataCapture,
  EndpointDeployment,
  EndpointScaling,
  InstanceProps,
  ModelEndpointProps,
  ModelVariant,
  ServerlessProps,
} from "./model/endpoint-props.ts";
export { type BucketPrefix, EndpointRole, type EndpointRoleProps } from "./model/endpoint-role.ts";
export { ModelFunction, type ModelFunctionProps } from "./model/function.ts";
export { type ImageBuild, ModelImage, type ModelImageProps } from "./model/image.ts";
export type { ModelSource, PackedService } from "./model/source.ts";
export type { StepEndpoint, StepEndpointOptions } from "./step-endpoint.ts";
