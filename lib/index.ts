export * from "./flows.ts";
export { BundleError } from "./model/bundle/errors.ts";
export { ModelError } from "./model/errors.ts";
export { RequestError } from "./model/server/errors.ts";
export { type ApiContext, type ApiOptions, api, type BatchOptions } from "./model/service/api.ts";
export { bytes, file, image, text } from "./model/service/media.ts";
export { ModelService } from "./model/service/model-service.ts";
