import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Emulator } from "./emulator.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CDK = join(ROOT, "node_modules/.bin/cdk");

/** What the harness needs of an emulator; a test gets it from the test run with `inject`. */
export type Target = Pick<Emulator, "endpoint" | "env">;

export interface Deployment {
  /** A TypeScript file that is a CDK app, or a command (one with a space) that synthesizes one. */
  readonly app: string;
  /** Names of the stacks. Default: all of the app. */
  readonly stacks?: readonly string[];
  /** Stacks at a time. Default: 1. */
  readonly concurrency?: number;
  /** Environment variables of the app, on top of the emulator's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the app, on top of that in cdk.json. */
  readonly context?: Readonly<Record<string, string>>;
  /** Folder of the cloud assembly. Default: one that is removed afterwards. */
  readonly outdir?: string;
}

/** Outputs of the deployed stacks: stack name → output name → value. */
export type Outputs = Record<string, Record<string, string>>;

/** `cdk bootstrap` of the emulated account, from a folder where there is no app that it would synthesize. */
export async function bootstrap(target: Target): Promise<void> {
  await cdk(target, ["bootstrap", "aws://123456789012/us-east-1"], { cwd: tmpdir() });
}

/** `cdk deploy`; call it again to update. */
export async function deployStack(target: Target, deployment: Deployment): Promise<Outputs> {
  const scratch = await mkdtemp(join(tmpdir(), "deploy-"));
  const outputs = join(scratch, "outputs.json");
  try {
    const { concurrency = 1 } = deployment;
    const options = ["--require-approval", "never", "--progress", "events", "--outputs-file", outputs];
    options.push("--concurrency", String(concurrency));
    await cdk(target, ["deploy", ...assembly(deployment, scratch), ...options], deployment);
    return JSON.parse(await readFile(outputs, "utf8"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `cdk destroy`. */
export async function destroyStack(target: Target, deployment: Deployment): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "destroy-"));
  try {
    await cdk(target, ["destroy", ...assembly(deployment, scratch), "--force"], deployment);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A Step Functions client of the emulator. */
export function stepFunctions(target: Target): SFNClient {
  return new SFNClient(clientConfig(target));
}

/** Configuration of any AWS SDK client of the emulator. */
export function clientConfig(target: Target) {
  return {
    endpoint: target.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
}

/** Starts an execution as the console does: without a name. Returns its ARN. */
export async function startExecution(target: Target, stateMachineArn: string, input: unknown = {}): Promise<string> {
  const started = await stepFunctions(target).send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return String(started.executionArn);
}

/** Waits until an execution has ended, however it ended. */
export async function waitForExecution(target: Target, executionArn: string): Promise<DescribeExecutionCommandOutput> {
  const client = stepFunctions(target);
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== "RUNNING") return execution;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function assembly({ app, stacks, context = {}, outdir }: Deployment, scratch: string): string[] {
  const command = app.includes(" ") ? app : `${join(ROOT, "node_modules/.bin/tsx")} ${resolve(ROOT, app)}`;
  const given = Object.entries(context).flatMap(([name, value]) => ["--context", `${name}=${value}`]);
  return [...(stacks ?? ["--all"]), ...given, "--app", command, "--output", outdir ?? join(scratch, "cdk.out")];
}

function cdk(
  target: Target,
  parameters: readonly string[],
  { env = {}, cwd = ROOT }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string },
): Promise<void> {
  const quiet = ["--no-version-reporting", "--no-notices", "--no-path-metadata", "--ci"];
  const options = {
    cwd,
    env: { ...process.env, ...target.env, CDK_DISABLE_VERSION_CHECK: "1", CDK_DISABLE_CLI_TELEMETRY: "true", ...env },
    maxBuffer: 64 * 1024 * 1024,
  };
  return new Promise((done, fail) => {
    execFile(CDK, [...parameters, ...quiet], options, (error, stdout, stderr) => {
      if (error) fail(new Error(`cdk ${parameters.join(" ")}\n${stdout}\n${stderr}`, { cause: error }));
      else done();
    });
  });
}
