// A CDK app of the flow files that the variable FLOWS lists: each is a stack, and all share the environment in the stack Flows.
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { FlowEnvironment, FlowStack } from "../../../constructs/index.ts";
import type { FlowDefinition } from "../../../lib/flow/definition.ts";
import { loadFlow } from "../../../lib/flow/load/load.ts";
import type { DeployedFlow } from "./flows.ts";

const app = new App();
const shared = new Stack(app, "Flows");
const environment = new FlowEnvironment(shared, "Environment");
new CfnOutput(shared, "Table", { value: environment.table.tableName });
new CfnOutput(shared, "Bucket", { value: environment.bucket.bucketName });

for (const { file, compute } of JSON.parse(process.env.FLOWS ?? "[]") as DeployedFlow[]) {
  const { definition } = await loadFlow(file, { cacheDir: ".millrace/cache" });
  const flow = compute === "batch" ? onBatch(definition) : file;
  const name = compute === "batch" ? `${definition.name}OnBatch` : definition.name;
  new FlowStack(app, name, { flow, environment, batchNetwork: "public" });
}

/** The same flow, under another name, with all of its tasks on Batch. */
function onBatch(definition: FlowDefinition): FlowDefinition {
  const compute = { kind: "batch", vcpu: 1, memory: 2048 } as const;
  const steps = Object.entries(definition.steps).map(([name, step]) => [name, { ...step, compute }]);
  return { ...definition, name: `${definition.name}OnBatch`, steps: Object.fromEntries(steps) };
}
