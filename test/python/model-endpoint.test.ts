import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ModelEndpoint, ModelFunction } from "../../constructs/index.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { startServer } from "../model/support/server-process.ts";

const hasSklearn = spawnSync("/usr/bin/python3", ["-c", "import sklearn"]).status === 0;

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "python-endpoint-"));
  vi.stubEnv("MILLRACE_PYTHON", "/usr/bin/python3");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

async function trained() {
  const flow = await loadFlow("examples/iris-svm/flow.ts", { cacheDir: join(scratch, "cache") });
  await runFlow(flow, { store: join(scratch, "store") });
  const models = { model: "iris-svm" };
  return { service: "examples/iris-svm/service.py", models, store: { folder: join(scratch, "store") } };
}

describe.skipIf(!hasSklearn)("a service in Python (apt-get install python3-sklearn)", () => {
  test("is behind an endpoint as SageMaker starts it, with the version that its store has", async () => {
    const app = new App({ outdir: join(scratch, "cdk.out") });
    const stack = new Stack(app, "Iris");
    new ModelEndpoint(stack, "Endpoint", { source: await trained(), instanceType: "ml.m5.large" });
    const { directory } = app.synth();
    const { dockerImages } = JSON.parse(readFileSync(join(directory, "Iris.assets.json"), "utf8"));
    const [image] = Object.values<{ source: { directory: string } }>(dockerImages);
    const server = await startServer(join(directory, image?.source.directory ?? ""), ["serve"], {
      MILLRACE_PYTHON: "/usr/bin/python3",
    });
    try {
      expect(await server.answer("/invocations", [[5.1, 3.5, 1.4, 0.2]])).toEqual(["Iris-setosa"]);
    } finally {
      server.child.kill("SIGTERM");
      expect(await server.ended).toBe(0);
    }
  });

  test("is none for Lambda's Node", async () => {
    const stack = new Stack(new App({ outdir: join(scratch, "cdk.out") }), "Iris");
    const source = await trained();
    expect(() => new ModelFunction(stack, "Function", { source })).toThrow(
      /has no lambda\.mjs: it needs more than Node/,
    );
  });
});
