import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Flow } from "../../constructs/index.ts";
import { openClient } from "../../lib/client/index.ts";
import { readManifest } from "../../lib/model/bundle/read.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { FlowFolder, faultsOf, flowSource } from "../flow/flow-folder.ts";
import { startServer } from "../model/support/server-process.ts";

const model = `
class Scale:
    def __init__(self, factor):
        self.factor = factor

def fit(flow):
    flow.model = Scale(flow.factor)
`;

const service = `
import os

from millrace.model import ModelService, api, artifact


class Scaler(ModelService):
    model = artifact()

    def on_startup(self) -> None:
        if self.model.factor < 0:
            raise ValueError(f"the factor is {self.model.factor}")

    @api
    def predict(self, values: list[float]) -> list[float]:
        return [self.model.factor * value for value in values]
`;

interface Project {
  /** A line of the flow's class. */
  readonly python: string;
  readonly service: string;
  /** Further files. */
  readonly more: Readonly<Record<string, string>>;
}

/** A flow whose model and service are Python's. */
function project({ python = "", service: code = service, more = {} }: Partial<Project> = {}): FlowFolder {
  return new FlowFolder({
    "flow.ts": flowSource(`  ${python}
  readonly factor = parameter.number({ default: 2 });
  model = artifact<unknown>();
  @step start() { return this.next(this.fit); }
  @step({ python: "model.py", compute: { kind: "lambda", package: "image" } }) fit() { return this.next(this.release); }
  @step({ deploy: { endpoint: "scaler", service: "service.py", instanceType: "ml.m5.large" } })
  release() { return this.next(this.end); }
  @step end() {}`),
    "model.py": model,
    "service.py": code,
    ...more,
  });
}

async function run(flow: FlowFolder, factor: number) {
  return await runFlow(await flow.load(), { store: join(flow.path, "store"), parameters: { factor } });
}

/** What the bundle behind the endpoint answers when it is served. */
async function predict(flow: FlowFolder, values: readonly number[]): Promise<unknown> {
  const server = await startServer(join(flow.path, "store/endpoints/scaler"), []);
  try {
    return await server.answer("/predict", values);
  } finally {
    server.child.kill("SIGTERM");
    await server.ended;
  }
}

describe("a step that deploys a service in Python here", () => {
  test("puts its model behind the endpoint, and the next run another one", async () => {
    const flow = project();
    expect((await run(flow, 3)).failure).toBeUndefined();
    expect(await predict(flow, [1, 2])).toEqual([3, 6]);
    expect(await run(flow, 4)).toMatchObject({ status: "succeeded" });
    expect(await predict(flow, [1, 2])).toEqual([4, 8]);
    expect(readdirSync(join(flow.path, "store/endpoints"))).toEqual(["scaler"]);
  });

  test("fails where the service does not start with the model, and the one before answers on", async () => {
    const flow = project();
    await run(flow, 3);
    const message =
      "The endpoint scaler did not come into service: Scaler does not start: ValueError: the factor is -1. Look at the models that it was given, and at its on_startup.";
    expect((await run(flow, -1)).failure).toMatchObject({ name: "DEPLOYMENT_FAILED", message });
    expect(await predict(flow, [1])).toEqual([3]);
  });

  test("leaves no process of Python's", async () => {
    const flow = project();
    const note = `open(os.path.join(${JSON.stringify(flow.path)}, f"{os.getpid()}.pid"), "w").close()`;
    flow.write(
      "service.py",
      service.replace("def on_startup(self) -> None:", `def on_startup(self) -> None:\n        ${note}`),
    );
    await run(flow, 3);
    await run(flow, -1);
    const pids = readdirSync(flow.path).flatMap((name) => (name.endsWith(".pid") ? [Number.parseInt(name, 10)] : []));
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  test("has on record the code of the service: it changes with its files, and with nothing else", async () => {
    const flow = project();
    await run(flow, 3);
    await run(flow, 4);
    flow.write("service.py", service.replace("* value", "* value + 1"));
    await run(flow, 4);
    await using client = await openClient({ folder: join(flow.path, "store") });
    const [newest, second, first] = (await client.deployments.list("scaler")).map(({ code }) => code);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(newest).not.toBe(first);
  });

  test.each([
    [
      "a service that is not there",
      { service: "x = 1" },
      /DEPLOY_SERVICE: release deploys service\.py: service\.py has no service/,
    ],
    [
      "a service that cannot be imported",
      { service: "import nowhere" },
      /DEPLOY_SERVICE: release deploys service\.py: The service needs the module nowhere, which .* does not have\./,
    ],
    [
      "a model that no artifact is",
      { service: service.replace("model = artifact", "scale = artifact") },
      /DEPLOY_MODEL: release deploys Scaler, and no artifact of F is its model scale\./,
    ],
  ])("is refused before the run where it has %s", async (_, files, message) => {
    expect(await faultsOf(project(files))).toEqual([expect.stringMatching(message)]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("its image on AWS", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "python-images-"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(scratch, { recursive: true });
  });

  /** The folder that Docker makes it of. */
  function imageOf(flow: FlowFolder): string {
    const app = new App({ outdir: join(scratch, "cdk.out") });
    new Flow(new Stack(app, "F"), "Flow", { flow: join(flow.path, "flow.ts") });
    const { directory } = app.synth();
    const { dockerImages } = JSON.parse(readFileSync(join(directory, "F.assets.json"), "utf8"));
    const images = Object.values<{ source: { directory: string } }>(dockerImages);
    const folders = images.map(({ source }) => join(directory, source.directory));
    return folders.find((folder) => existsSync(join(folder, "millrace-bundle.json"))) ?? "";
  }

  test("has the code, and the packages that the flow names for its steps in Python", async () => {
    const interpreter = JSON.stringify(process.env.MILLRACE_PYTHON ?? "python3");
    const image = imageOf(
      project({
        python: `static override readonly python = { interpreter: ${interpreter}, requirements: ["numpy>=2", "scikit-learn==1.7.2"] };`,
      }),
    );
    expect(readFileSync(join(image, "requirements.txt"), "utf8")).toBe("numpy>=2\nscikit-learn==1.7.2\n");
    expect(readFileSync(join(image, "Dockerfile"), "utf8")).toContain(
      "\nARG PYTHON_IMAGE=public.ecr.aws/docker/library/python:3.14-slim\n",
    );
    const { models, unpacked, python } = await readManifest(image);
    expect({ models, unpacked, python }).toEqual({
      models: [],
      unpacked: ["model"],
      python: { file: "service.py", version: "3.14", requirements: ["numpy>=2", "scikit-learn==1.7.2"] },
    });
  });

  test("has what the service imports where nobody names packages", async () => {
    const { python } = await readManifest(imageOf(project()));
    expect(python).toMatchObject({ file: "service.py", requirements: [] });
  });

  test("has the packages that its class names, and not those of the flow", async () => {
    vi.stubEnv("PIP_NO_INDEX", "1");
    vi.stubEnv("XDG_CACHE_HOME", scratch);
    const interpreter = JSON.stringify(process.env.MILLRACE_PYTHON ?? "python3");
    const image = imageOf(
      project({
        python: `static override readonly python = { interpreter: ${interpreter}, requirements: ["numpy"] };`,
        service: service.replace("    model =", '    requirements = "service.txt"\n    model ='),
        more: { "service.txt": "# none\n" },
      }),
    );
    expect((await readManifest(image)).python).toMatchObject({ file: "service.py", requirements: [] });
  });
});
