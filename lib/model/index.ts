export { BundleError } from "./bundle/errors.ts";
export { ModelError } from "./errors.ts";
export { PythonModel } from "./runners/python-model.ts";
export { RequestError } from "./server/errors.ts";
export { type ApiContext, type ApiOptions, api, type BatchOptions } from "./service/api.ts";
export { bytes, file, image, text } from "./service/media.ts";
export { ModelService } from "./service/model-service.ts";
export { table } from "./service/table/table.ts";
export { type Dtype, type TensorOptions, tensor } from "./service/tensor.ts";
