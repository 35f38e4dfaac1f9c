// The entry of a bundle's runtime.mjs: what its server.mjs, index.mjs and service.mjs call.
export { main } from "../server/main.ts";
export { open } from "./open.ts";
export { pythonService } from "./python-service.ts";
