// A CDK app: each flow file becomes a stack that is named as the flow, and all flows share the environment in the stack Millrace.
import { globSync } from "node:fs";
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { DeployError } from "../constructs/errors.ts";
import { FlowEnvironment } from "../constructs/flow-environment.ts";
import { FlowStack } from "../constructs/flow-stack.ts";
import type { ImageBuild } from "../constructs/model/image.ts";
import { isMillraceError, MillraceError } from "../lib/errors.ts";
import { loadFlow } from "../lib/flow/load/load.ts";

const app = new App();

/** In the context of cdk.json, or by `npx cdk deploy --context imageBuild=codebuild`. */
function imageBuildOf(given: unknown): ImageBuild {
  if (given === undefined || given === "docker") return "docker";
  if (given === "codebuild") return given;
  throw new MillraceError("OPTION", `imageBuild is docker or codebuild; received ${JSON.stringify(given)}.`, {
    fix: "Correct it in the context of cdk.json, or in the option --context.",
  });
}

try {
  const shared = new Stack(app, "Millrace");
  const environment = new FlowEnvironment(shared, "Environment");
  // What `--store aws` reads.
  new CfnOutput(shared, "Table", { value: environment.table.tableName });
  new CfnOutput(shared, "Bucket", { value: environment.bucket.bucketName });
  const imageBuild = imageBuildOf(app.node.tryGetContext("imageBuild"));
  const stacks = new Map([["Millrace", "the environment"]]);
  for (const file of globSync(app.node.getContext("flows")).sort()) {
    const { definition } = await loadFlow(file, { cacheDir: ".millrace/cache" });
    const { name } = definition;
    if (stacks.has(name)) {
      throw new DeployError(
        `There would be two stacks ${name}: of ${stacks.get(name)} and of ${file}.`,
        "Rename the flow: its class, or the name in its file.",
      );
    }
    stacks.set(name, file);
    new FlowStack(app, name, { flow: file, environment, batchNetwork: "public", imageBuild });
  }
} catch (error) {
  if (!isMillraceError(error)) throw error;
  const { message, fix, at } = error;
  console.error([at ? `${at.file}:${at.line ?? 1}: ${message}` : message, fix].filter(Boolean).join("\n"));
  process.exit(1);
}
