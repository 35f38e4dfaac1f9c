import { isFlowClass } from "../flow/spec/flow-spec.ts";
import type { WorkerFlow } from "./protocol.ts";

/** The code of each step: for a method the flow's class, for a handler its function; a command has none. */
export async function loadBodies({ flow, moduleUrl, contexts }: WorkerFlow): Promise<ReadonlyMap<string, unknown>> {
  const module: Record<string, unknown> = moduleUrl === undefined ? {} : await import(moduleUrl);
  const classes = Object.values(module).filter(isFlowClass);
  const flowClass = classes.find((found) => found.name === flow) ?? classes[0];
  return new Map(Object.keys(contexts).map((step) => [step, flowClass]));
}
