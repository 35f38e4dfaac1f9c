import { join } from "node:path";
import { stateMachine } from "../../constructs/states/index.ts";
import { assertFlow } from "../../lib/flow/check/check.ts";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { fold } from "../../lib/flow/fold.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { type Figure, figure } from "./figure.ts";
import { median, scratch } from "./measure.ts";

const step: Omit<StepDefinition, "transitions"> = { body: { kind: "method" }, reads: [], writes: [] };

/** A chain of `length` steps. */
function linearFlow(length: number): FlowDefinition {
  const names = ["start", ...Array.from({ length: length - 2 }, (_, i) => `step${i}`), "end"];
  const steps = names.map((name, i): [string, StepDefinition] => {
    const next = names[i + 1];
    return [name, { ...step, transitions: next === undefined ? [] : [{ kind: "next", steps: [next] }] }];
  });
  return {
    version: 1,
    name: "Linear",
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: Object.fromEntries(steps),
  };
}

/** From a flow's document to its state machine. */
export async function compile(): Promise<readonly Figure[]> {
  const branchFlow = join(import.meta.dirname, "../../examples/branch-flow/flow.ts");
  const { definition } = await loadFlow(branchFlow, { cacheDir: join(scratch, "cache") });
  const size = (flow: FlowDefinition) => JSON.stringify(stateMachine(flow).document).length;
  const long = linearFlow(1_000);
  const seconds = Array.from({ length: 5 }, () => {
    const begin = performance.now();
    assertFlow(long);
    stateMachine(long, fold(long));
    return (performance.now() - begin) / 1000;
  });
  return [
    figure("state machine of BranchFlow, minified", size(definition), "bytes", 5_000),
    figure("a further Lambda step", size(linearFlow(11)) - size(linearFlow(10)), "bytes", 900),
    figure("check, fold and compile a 1,000-step flow", median(seconds), "s", 1),
  ];
}
