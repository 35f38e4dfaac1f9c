import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { FlowDefinition } from "../lib/flow/definition.ts";
import { describeFlow } from "../lib/flow/load/describe.ts";
import { type FlowClass, isFlowClass } from "../lib/flow/spec/flow-spec.ts";
import { chainOf } from "../lib/flow/spec/steps-of.ts";
import { type Files, scratchFolder } from "./assets.ts";
import { bundle } from "./bundle/bundle.ts";
import type { PythonBundle } from "./bundle/request.ts";
import type { FlowSource } from "./flow-props.ts";
import { runtimeFile } from "./runtime.ts";

export interface DeployableFlow {
  readonly definition: FlowDefinition;
  /** Each step's code; none where the stack is not to be deployed, since `cdk deploy` synthesizes an app's other stacks too. */
  readonly bundles: ReadonlyMap<string, string>;
  /** Modules beside the code of each Lambda step, by their files' names. */
  readonly modules: Files;
  readonly pythonBundles: ReadonlyMap<string, PythonBundle>;
}

/** @throws MillraceError where the flow, or one of its imports, is not right. */
export function flowOf(scope: Construct, flow: FlowSource): DeployableFlow {
  const { definition, bundles, modules, pythonBundles } = bundle({
    ...(typeof flow === "string" ? { file: flow } : isFlowClass(flow) ? described(flow) : { definition: flow }),
    runtimes: { lambda: runtimeFile("task"), batch: runtimeFile("batch"), deploy: runtimeFile("deploy") },
    scratch: scratchFolder(),
    bundle: Stack.of(scope).bundlingRequired,
  });
  return {
    definition,
    bundles: new Map(Object.entries(bundles)),
    modules,
    pythonBundles: new Map(Object.entries(pythonBundles)),
  };
}

function described(flow: FlowClass) {
  return { definition: describeFlow(flow), classes: chainOf(flow).map(({ name }) => name) };
}
