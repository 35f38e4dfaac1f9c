export { BlobCorruptError, BlobMissingError, DecodeError, EncodeError, StoreError } from "./data/errors.ts";
export { ArtifactFile } from "./data/file.ts";
export type { ModelInputs, NestedNumbers } from "./data/models/inputs.ts";
export { OnnxModel } from "./data/models/onnx/model.ts";
export type { ModelOutputs } from "./data/models/session-model.ts";
export { TfjsModel } from "./data/models/tfjs/model.ts";
export { PythonObject } from "./data/python-object.ts";
export { Tensor, type TensorData } from "./data/tensor.ts";
export { isMillraceError, MillraceError } from "./errors.ts";
export type {
  Compute,
  Deploy,
  FlowDefinition,
  Foreach,
  Hosting,
  Json,
  Next,
  ParameterDefinition,
  PythonEnvironment,
  Retry,
  StepBody,
  StepDefinition,
  Transition as TransitionDefinition,
} from "./flow/definition.ts";
export type { DeployOptions } from "./flow/spec/deploy.ts";
export { artifact, parameter } from "./flow/spec/fields.ts";
export { type Current, FlowSpec } from "./flow/spec/flow-spec.ts";
export type { ForeachInputs, Input, Inputs } from "./flow/spec/inputs.ts";
export type { StepOptions } from "./flow/spec/options.ts";
export { step } from "./flow/spec/step.ts";
export type { ForeachOptions, Transition } from "./flow/spec/transitions.ts";
export type { Duration, Size } from "./units.ts";
