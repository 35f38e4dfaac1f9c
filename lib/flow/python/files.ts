import { dirname, resolve } from "node:path";
import type { FlowDefinition, PythonBody } from "../definition.ts";

/** The absolute paths of the files that the flow's Python steps name. */
export function pythonFilesOf(definition: FlowDefinition): string[] {
  const bodies = Object.values(definition.steps).flatMap(({ body }) => (body.kind === "python" ? [body] : []));
  return [...new Set(bodies.map((body) => functionOf(body, definition).path))];
}

/** Where a Python step's function is, and what it is called. */
export function functionOf({ python }: PythonBody, { file = "" }: FlowDefinition): { path: string; called: string } {
  const [named = "", called = ""] = python.split(":");
  return { path: resolve(dirname(file), named), called };
}
