import { styleText } from "node:util";
import { loadFlowFile } from "../terminal/flow.ts";

/** A flow that has a fault is an error like any other: it is printed with place and fix, and the exit code is 1. */
export async function check(file: string, options: { readonly json?: true }): Promise<void> {
  const { definition } = await loadFlowFile(file, options);
  const steps = Object.keys(definition.steps);
  if (options.json) console.log(JSON.stringify({ flow: definition.name, steps }));
  else
    console.log(
      `${styleText("green", "✓")} ${definition.name}: ${steps.length} ${steps.length === 1 ? "step" : "steps"}, no faults`,
    );
}
