// The entry of a bundle's runtime.mjs: what its server.mjs, lambda.mjs, index.mjs and service.mjs call.
export { lambdaHandler } from "../server/lambda.ts";
export { main } from "../server/main.ts";
export { open } from "./open.ts";
export { pythonService } from "./python-service.ts";
