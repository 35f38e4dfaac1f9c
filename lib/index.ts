export { BlobCorruptError, BlobMissingError, DecodeError, EncodeError, StoreError } from "./data/errors.ts";
export { ArtifactFile } from "./data/file.ts";
export { PythonObject } from "./data/python-object.ts";
export { Tensor, type TensorData } from "./data/tensor.ts";
export { isMillraceError, MillraceError } from "./errors.ts";
export type {
  Compute,
  FlowDefinition,
  Foreach,
  Json,
  Next,
  ParameterDefinition,
  PythonEnvironment,
  Retry,
  StepBody,
  StepDefinition,
  Transition as TransitionDefinition,
} from "./flow/definition.ts";
export { artifact, parameter } from "./flow/spec/fields.ts";
export { type Current, FlowSpec } from "./flow/spec/flow-spec.ts";
export type { ForeachInputs, Input, Inputs } from "./flow/spec/inputs.ts";
export type { StepOptions } from "./flow/spec/options.ts";
export { step } from "./flow/spec/step.ts";
export type { ForeachOptions, Transition } from "./flow/spec/transitions.ts";
export { BundleError } from "./model/bundle/errors.ts";
export { ModelError } from "./model/errors.ts";
export { RequestError } from "./model/server/errors.ts";
export { type ApiContext, type ApiOptions, api, type BatchOptions } from "./model/service/api.ts";
export { bytes, file, image, text } from "./model/service/media.ts";
export { ModelService } from "./model/service/model-service.ts";
export type { Duration, Size } from "./units.ts";
