import { join } from "node:path";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import { Code, Handler, Runtime, RuntimeFamily } from "aws-cdk-lib/aws-lambda";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { awsPythonVersion } from "../lib/environment/python.ts";
import type { PythonBundle } from "./bundle/request.ts";
import type { JobProgram } from "./job-definition.ts";
import { builtFolder, readRuntime } from "./runtime.ts";
import type { TaskFunctionProps } from "./task-function.ts";

/** What a Lambda function runs of a Python step. A stack that is not to be deployed has no bundle. */
export function pythonCode(bundle: PythonBundle | undefined): Pick<TaskFunctionProps, "code" | "handler" | "runtime"> {
  if (bundle?.kind === "image") {
    const code = Code.fromAssetImage(bundle.folder, { platform: Platform.LINUX_AMD64 });
    return { code, handler: Handler.FROM_IMAGE, runtime: Runtime.FROM_IMAGE };
  }
  const runtime = new Runtime(`python${bundle?.version ?? awsPythonVersion}`, RuntimeFamily.PYTHON);
  const folder = bundle?.kind === "folder" ? bundle.folder : join(builtFolder(), "python");
  return { code: Code.fromAsset(folder), handler: "millrace.lambda_handler.handler", runtime };
}

/** What a Batch job runs of a Python step: the boot script unpacks the archives into one folder. */
export function pythonProgram(scope: Construct, id: string, bundle: PythonBundle | undefined): JobProgram {
  const archives = bundle?.kind === "archives" ? bundle.archives : [];
  const assets = archives.map(
    ({ path }, index) => new Asset(scope, `${id} ${index === 0 ? "Bundle" : "Packages"}`, { path }),
  );
  return {
    stockImage: `public.ecr.aws/docker/library/python:${bundle?.version ?? awsPythonVersion}-slim`,
    command: ["python3", "-c", readRuntime("boot.py")],
    environment: {
      MILLRACE_ARCHIVES: assets.map(({ httpUrl }, index) => `${httpUrl}#${archives[index]?.sha256}`).join(" "),
    },
    // All bundles, so that the revisions before this one can still fetch theirs.
    fetches: assets.slice(0, 1).map(({ bucket }) => bucket.arnForObjects("*.zip")),
  };
}
