import { App, Stack, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test } from "vitest";
import { Flow, FlowEnvironment, type FlowProps } from "../../constructs/index.ts";
import BranchFlow from "../../examples/branch-flow/flow.ts";

/** Synthesizes the flow under cdk-nag's AwsSolutions rules: throws with the findings that are not acknowledged. */
function synthUnderRules(props: Partial<FlowProps>, shared = false): void {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const environment = shared ? { environment: new FlowEnvironment(new Stack(app, "Shared"), "Environment") } : {};
  new Flow(new Stack(app, "Stack"), "Flow", { flow: BranchFlow, ...environment, ...props });
  app.synth();
}

test("a flow with an environment of its own passes AwsSolutions", () => {
  expect(() => synthUnderRules({})).not.toThrow();
});

test("a flow in a shared environment passes AwsSolutions", () => {
  expect(() => synthUnderRules({}, true)).not.toThrow();
});

test("a flow with Batch steps and a distributed foreach passes AwsSolutions", () => {
  const flow = {
    version: 1,
    name: "Fit",
    file: "test/constructs/fixtures/fit.ts",
    parameters: {},
    artifacts: ["items"],
    initialized: [],
    steps: {
      start: {
        body: { kind: "handler", handler: "fit.ts#start" },
        transitions: [{ kind: "foreach", body: "fit", items: "items" }],
        reads: [],
        writes: ["items"],
      },
      fit: {
        body: { kind: "handler", handler: "fit.ts#fit" },
        compute: { kind: "batch", vcpu: 1, memory: 2048 },
        transitions: [{ kind: "next", steps: ["end"] }],
        reads: [],
        writes: [],
      },
      end: { body: { kind: "handler", handler: "fit.ts#end" }, inputs: true, transitions: [], reads: [], writes: [] },
    },
  } as const;
  expect(() => synthUnderRules({ flow, batchNetwork: "public" })).not.toThrow();
});
