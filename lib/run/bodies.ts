import { isFlowClass } from "../flow/spec/flow-spec.ts";
import type { WorkerFlow } from "./protocol.ts";

/** The code of each step: of a method the flow's class, of a handler its function; a command has none. */
export async function loadBodies({ flow, moduleUrl, contexts }: WorkerFlow): Promise<ReadonlyMap<string, unknown>> {
  if (moduleUrl === undefined) return new Map();
  const module: Record<string, unknown> = await import(/* @vite-ignore */ moduleUrl);
  const classes = Object.values(module).filter(isFlowClass);
  const flowClass = classes.find(({ name }) => name === flow) ?? module.default ?? classes[0];
  const handlers = module.handlers as Readonly<Record<string, unknown>> | undefined;
  return new Map(
    Object.entries(contexts).map(([step, { definition }]) => [
      step,
      definition.body.kind === "handler" ? handlers?.[definition.body.handler] : flowClass,
    ]),
  );
}
