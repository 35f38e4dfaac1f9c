import { stateMachine } from "../../constructs/states/index.ts";
import { assertSound } from "../../lib/flow/check/index.ts";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { readFlowDefinition } from "../../test/support/flows.ts";
import { type Figure, figure } from "./figure.ts";

const step: Omit<StepDefinition, "transitions"> = { body: { kind: "method" }, reads: [], writes: [] };

/** A chain of `length` steps. */
export function linearFlow(length: number): FlowDefinition {
  const names = ["start", ...Array.from({ length: length - 2 }, (_, i) => `step${i}`), "end"];
  return {
    version: 1,
    name: "Linear",
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: Object.fromEntries(
      names.map((name, i) => {
        const next = names[i + 1];
        return [name, { ...step, transitions: next === undefined ? [] : [{ kind: "next", steps: [next] }] }];
      }),
    ),
  };
}
