// The entry of a bundle's runtime.mjs: what its server.mjs and index.mjs call.
export { main } from "../server/main.ts";
export { open } from "./open.ts";
