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
