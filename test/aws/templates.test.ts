import { execFile, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const isInstalled = spawnSync("cfn-lint", ["--version"]).status === 0;
if (!isInstalled) console.warn("The templates are not linted: cfn-lint is missing. Install it: pip install cfn-lint");

const onBatch = { file: "test/conformance/flows/linear.ts", compute: "batch" };
const inMap = { file: "test/aws/fixtures/squares.ts" };

describe.skipIf(!isInstalled)("cfn-lint finds no error in the templates", () => {
  test.each([
    ["of the examples", "bin/app.ts"],
    ["of endpoints and functions", "test/aws/fixtures/endpoints-app.ts"],
    ["of a flow whose endpoint is in a VPC", "test/aws/fixtures/release-in-vpc-app.ts"],
    ["of a flow on Batch and of one with a distributed Map", "test/aws/support/flows-app.ts"],
  ])("%s", async (_, app) => {
    const outdir = await mkdtemp(join(tmpdir(), "millrace-templates-"));
    try {
      await synthesize(app, outdir);
      expect(await errorsIn(globSync(join(outdir, "*.template.json")))).toEqual([]);
    } finally {
      await rm(outdir, { recursive: true });
    }
  });
});

/** Runs an app as the CDK's command does. */
async function synthesize(app: string, outdir: string): Promise<void> {
  const { context } = JSON.parse(await readFile("cdk.json", "utf8"));
  const env = {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify(context),
    FLOWS: JSON.stringify([onBatch, inMap]),
  };
  await promisify(execFile)("node_modules/.bin/tsx", [app], { env: { ...process.env, ...env } });
}

async function errorsIn(templates: readonly string[]): Promise<string[]> {
  expect(templates.length).toBeGreaterThan(0);
  const lint = ["--regions", "us-east-1", "--format", "json", "--non-zero-exit-code", "none", "--", ...templates];
  const { stdout } = await promisify(execFile)("cfn-lint", lint, { maxBuffer: 1024 ** 3 });
  const found = JSON.parse(stdout) as { Level: string; Rule: { Id: string }; Filename: string; Message: string }[];
  return found
    .filter(({ Level }) => Level === "Error")
    .map(({ Rule, Filename, Message }) => `${Filename}: ${Rule.Id} ${Message}`);
}
