export { runFlow } from "./run-flow.ts";
export { Runner } from "./runner.ts";
