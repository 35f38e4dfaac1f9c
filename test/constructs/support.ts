import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Flow, type FlowProps } from "../../constructs/index.ts";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";

/** A flow whose steps follow each other and do nothing; what is given of a step is added to it. */
export function linearFlow(steps: Readonly<Record<string, Partial<StepDefinition>>>, name = "Linear"): FlowDefinition {
  const names = ["start", ...Object.keys(steps).filter((step) => step !== "start"), "end"];
  const definitions = names.map((step, index): [string, StepDefinition] => {
    const next = names[index + 1];
    return [
      step,
      {
        body: { kind: "handler", handler: "steps.ts#nothing" },
        transitions: next === undefined ? [] : [{ kind: "next", steps: [next] }],
        reads: [],
        writes: [],
        ...steps[step],
      },
    ];
  });
  return {
    version: 1,
    name,
    file: "test/constructs/fixtures/flow.yaml",
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: Object.fromEntries(definitions),
  };
}

/** A stack with one flow, and what it becomes. */
export function deployable(props: FlowProps, use?: (flow: Flow, stack: Stack) => void) {
  const stack = new Stack(new App(), "Stack");
  const flow = new Flow(stack, "Flow", props);
  use?.(flow, stack);
  return { stack, flow, template: Template.fromStack(stack) };
}

/** The template with what depends on the bundles' bytes made the same for all. */
export function normalized(template: Template): unknown {
  const text = JSON.stringify(template.toJSON(), undefined, 2);
  return JSON.parse(
    text.replaceAll(/[0-9a-f]{64}/g, "<hash>").replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, "$1<hash>"),
  );
}
