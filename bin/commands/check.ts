import { join } from "node:path";
import { styleText } from "node:util";
import { storeFolder } from "../../lib/client/open.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";

/** A flow that has a fault is an error like any other: it is printed with place and fix, and the exit code is 1. */
export async function check(file: string, options: { readonly json?: true }): Promise<void> {
  const { definition } = await loadFlow(file, { cacheDir: join(storeFolder(), "cache") });
  const steps = Object.keys(definition.steps);
  if (options.json) console.log(JSON.stringify({ flow: definition.name, steps, problems: [] }));
  else console.log(`${styleText("green", "✓")} ${definition.name}: ${steps.length} steps, no faults`);
}
