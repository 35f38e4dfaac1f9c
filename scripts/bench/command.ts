import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Figure, figure } from "./figure.ts";
import { inTurn, millrace, peakMemory, scratch, time } from "./measure.ts";

const root = join(import.meta.dirname, "../..");
const branchFlow = join(root, "examples/branch-flow/flow.ts");
const foreachFlow = join(import.meta.dirname, "flows/foreach.ts");
const bytesFlow = join(import.meta.dirname, "flows/bytes.ts");

/** A run with a store of its own; `again`: with what an earlier command has compiled. */
function run(store: string, ...args: string[]): string[] {
  return [...millrace, "run", ...args, "--store", join(scratch, store)];
}

/** Whole commands, from the shell's point of view. */
export async function command(): Promise<readonly Figure[]> {
  const fresh = (args: string[]) => () => {
    rmSync(join(scratch, "first"), { recursive: true, force: true });
    return time(run("first", ...args));
  };
  const short = await inTurn(9, {
    node: () => time([process.execPath, "-e", "0"]),
    first: fresh([branchFlow]),
    again: () => time(run("again", branchFlow)),
    hundred: () => time(run("hundred", foreachFlow)),
  });
  const long = await inTurn(3, {
    tenThousand: () => time(run("thousands", foreachFlow, "--iterations", "10000")),
    bytes: fresh([bytesFlow]),
  });
  const memory = await peakMemory(run("memory", foreachFlow, "--iterations", "10000"));
  return [
    figure("BranchFlow, first time", short.first / short.node, "× node -e 0", 5),
    figure("BranchFlow, again", short.again / short.node, "× node -e 0", 4),
    figure("foreach over 100 no-ops", short.hundred, "s", 0.4),
    figure("foreach over 10,000 no-ops", long.tenThousand, "s", 2),
    figure("foreach over 10,000 no-ops, peak memory", memory, "MB", 200),
    figure("100 MB of random bytes from one step to the next", long.bytes, "s", 0.8),
  ];
}
