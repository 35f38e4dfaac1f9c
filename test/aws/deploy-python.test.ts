import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { openClient } from "../../lib/client/index.ts";
import { deployStack } from "./support/deploy.ts";
import { Requests } from "./support/emulator.ts";
import { deployFlows, Flows } from "./support/flows.ts";
import { invokeEndpoint } from "./support/invoke.ts";
import { runHere } from "./support/run-here.ts";

const aws = inject("aws");
const hasSklearn = spawnSync("/usr/bin/python3", ["-c", "import sklearn"]).status === 0;
if (!hasSklearn) console.warn("No service in Python is deployed: apt-get install python3-sklearn");

const setosa = [5.1, 3.5, 1.4, 0.2];
/** Costs tell them apart. */
const doubtful = [6.7, 3, 5, 1.7];
let scratch: string;
let flows: Flows;

const invoke = (rows: unknown, endpoint = "iris-svm") => invokeEndpoint(aws, endpoint, rows);

beforeAll(async () => {
  if (!hasSklearn) return;
  scratch = await mkdtemp(join(tmpdir(), "millrace-deploy-"));
  vi.stubEnv("MILLRACE_PYTHON", "/usr/bin/python3");
  flows = await deployFlows(aws, [{ file: "examples/iris-svm/release.ts" }]);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  if (hasSklearn) await rm(scratch, { recursive: true });
});

describe.skipIf(!hasSklearn)("a classifier of scikit-learn, with a service in Python", () => {
  test("answers on the endpoint that the flow has deployed to", async () => {
    const { execution, run } = await flows.run("ReleaseSvm");
    expect(execution.cause).toBeUndefined();
    expect(await run.data.accuracy).toBeCloseTo(0.9733, 4);
    expect(await invoke([setosa, doubtful])).toEqual(["Iris-setosa", "Iris-virginica"]);
  });

  test("answers otherwise when another run has deployed another one", async () => {
    const { run } = await flows.run("ReleaseSvm", { cost: 10 });
    expect(run.status).toBe("succeeded");
    expect(await invoke([setosa, doubtful])).toEqual(["Iris-setosa", "Iris-versicolor"]);
  });

  test("answers on where a run has a bad one: the service does not start with it", async () => {
    const { execution, run } = await flows.run("ReleaseSvm", { measures: 3 });
    expect(execution.error).toBe("DEPLOYMENT_FAILED");
    expect(run.failure?.message).toContain("X has 4 features, but SVC is expecting 3 features as input");
    expect(await invoke([doubtful])).toEqual(["Iris-versicolor"]);
  });

  test("answers on where a run has one that is not good enough", async () => {
    const { run } = await flows.run("ReleaseSvm", { cost: 0.1, least: 0.95 });
    expect(run.status).toBe("succeeded");
    expect(await flows.client.deployments.ofRun(run.pathspec)).toEqual([]);
    expect(await invoke([doubtful])).toEqual(["Iris-versicolor"]);
  });

  test("is on record with the version that was saved, and the code of its service", async () => {
    const [better] = (await flows.client.models.versions("iris-svm")).filter(
      ({ metrics }) => metrics.accuracy === 148 / 150,
    );
    expect(await flows.client.deployments.inService("iris-svm")).toMatchObject({
      service: "IrisClassifier",
      code: expect.stringMatching(/^[0-9a-f]{64}$/),
      models: { model: { artifact: "model", type: "sklearn.svm.SVC", version: `iris-svm:${better?.version}` } },
    });
  });

  test("is behind an endpoint of the stack with the version that a run on this machine has saved", async () => {
    const store = join(scratch, "store");
    expect((await runHere("examples/iris-svm/flow.ts", store)).status).toBe("succeeded");
    const { SvmEndpoint } = await deployStack(aws, { app: "examples/iris-svm/app.ts", env: { MILLRACE_STORE: store } });
    expect(await invoke([setosa, doubtful], SvmEndpoint?.EndpointName)).toEqual(["Iris-setosa", "Iris-virginica"]);
    await expect(invoke([[1, 2]], SvmEndpoint?.EndpointName)).rejects.toThrow(/\(ModelError\).*\(400\).*\[0\]/s);
  });
});

describe.skipIf(!hasSklearn)("models of ONNX and of scikit-learn, with a service in TypeScript", () => {
  const rows = [
    [1, 2],
    [0, 0],
  ];

  let runners: Flows;

  /** As `npx cdk deploy` does, where there is no Docker for the image. */
  beforeAll(async () => {
    const context = { flows: "test/aws/fixtures/runners/flow.ts", imageBuild: "codebuild" };
    const app = "node_modules/.bin/node bin/app.ts";
    const { Runners } = await deployStack(aws, { app, stacks: ["Runners"], context });
    const { Table: table = "", Bucket: bucket = "", StateMachineArn: machine = "" } = Runners ?? {};
    runners = new Flows(aws, await openClient({ table, bucket }), table, new Map([["Runners", machine]]));
  });

  test("answer where the service names what they need", async () => {
    const { execution } = await runners.run("Runners");
    expect(execution.cause).toBeUndefined();
    expect(await invoke(rows, "runners")).toEqual([
      { score: 22, kind: "high" },
      { score: 0, kind: "low" },
    ]);
  });

  test("fail the run before anything is made where it does not, and answer on", async () => {
    const requests = new Requests(aws.endpoint);
    await requests.clear();
    const { execution, run } = await runners.run("Runners", { weight: 3, forgets: true });
    expect(execution.error).toBe("MODEL_NEEDS");
    expect(run.failure).toMatchObject({
      name: "MODEL_NEEDS",
      message:
        "The model net of Forgetful is OnnxModel, and the image of Forgetful has no onnxruntime-node or onnxruntime-web. " +
        'Let Forgetful name it: static override readonly packages = ["onnxruntime-node"], and deploy the flow again.',
      task: { step: "fail" },
    });
    expect((await requests.list()).filter(({ service }) => service === "sagemaker")).toEqual([]);
    expect(await invoke([[1, 2]], "runners")).toEqual([{ score: 22, kind: "high" }]);
  });
});
