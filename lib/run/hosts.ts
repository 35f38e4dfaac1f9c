import type { FlowDefinition } from "../flow/definition.ts";
import type { RunEvent } from "./events.ts";
import { type HostKind, processes, threads } from "./host.ts";

/**
 * What each step's tasks run in. The environments of Python steps are made where they are missing.
 *
 * @throws EnvironmentError, PythonMissingError, PythonVersionError
 */
export async function chooseHosts(
  definition: FlowDefinition,
  onEvent?: (event: RunEvent) => void,
): Promise<(step: string) => HostKind> {
  const python = Object.values(definition.steps).some(({ body }) => body.kind === "python")
    ? await (await import("./python-host.ts")).pythonHosts(definition, onEvent)
    : undefined;
  return (step) => {
    const { body, isolate } = definition.steps[step] ?? {};
    // A command is a program of the machine: only with a process of its own can all that it starts be stopped.
    const isOwn = isolate === "process" || body?.kind === "command";
    return python?.get(step) ?? (isOwn ? processes : threads);
  };
}
