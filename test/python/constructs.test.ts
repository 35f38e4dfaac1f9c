import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Flow } from "../../constructs/index.ts";
import { FlowFolder } from "../flow/flow-folder.ts";
import { writeWheel } from "./support/wheel.ts";

let scratch: string;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "python-constructs-"));
  vi.stubEnv("XDG_CACHE_HOME", join(scratch, "cache"));
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", join(scratch, "wheels"));
  await writeWheel(join(scratch, "wheels"), "greeting", "1.0", "TEXT = 'hello'\n");
  await writeWheel(join(scratch, "wheels"), "native", "1.0", "TEXT = 'mac'\n", "cp314-cp314-macosx_11_0_arm64");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

function flowWith(options: string): FlowFolder {
  return new FlowFolder({
    "flow.yaml": `name: Tell
steps:
  start: { python: steps.py, next: end${options} }
  end: { python: steps.py }
`,
    "steps.py": "def start(flow):\n    pass\n\ndef end(flow):\n    pass\n",
    "lib/helpers.py": "",
    "notes.txt": "",
    ".venv/lib/thing.py": "",
    "env/pyvenv.cfg": "",
    "env/thing.py": "",
  });
}

/** Under cdk-nag's AwsSolutions rules: it throws with the findings that are not acknowledged. */
function synthesize(flow: FlowFolder): { template: Template; folder: string } {
  const app = new App({ outdir: join(scratch, "cdk.out") });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, "Tell");
  new Flow(stack, "Flow", { flow: join(flow.path, "flow.yaml"), batchNetwork: "public" });
  const template = Template.fromStack(stack);
  return { template, folder: app.synth().directory };
}

/** The folder of the asset that has the step's context. */
function assetOf(folder: string, step: string): string {
  const assets = readdirSync(folder).filter((name) => name.startsWith("asset."));
  const found = assets.find((name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name, "step.json"), "utf8")).step === step;
    } catch {
      return false;
    }
  });
  return join(folder, String(found));
}

describe("a Python step on Lambda", () => {
  test("is a function with the flow's Python files, the runtime and the packages", () => {
    const { template, folder } = synthesize(flowWith(', requirements: ["greeting"], pythonVersion: "3.13"'));
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Tell: start",
      Runtime: "python3.13",
      Handler: "millrace.lambda_handler.handler",
    });
    template.hasResourceProperties("AWS::Lambda::Function", { Description: "Tell: end", Runtime: "python3.14" });
    expect(readdirSync(assetOf(folder, "start")).sort()).toEqual([
      "greeting-1.0.dist-info",
      "greeting.py",
      "lib",
      "millrace",
      "step.json",
      "steps.py",
    ]);
    expect(readdirSync(assetOf(folder, "end")).sort()).toEqual(["lib", "millrace", "step.json", "steps.py"]);
  });

  test("is an image where that is asked for, which Docker builds when it is deployed", () => {
    const flow = flowWith(', requirements: ["nowhere==1"], compute: { kind: lambda, package: image }');
    const { template, folder } = synthesize(flow);
    template.hasResourceProperties("AWS::Lambda::Function", { Description: "Tell: start", PackageType: "Image" });
    const asset = assetOf(folder, "start");
    expect(readFileSync(join(asset, "requirements.txt"), "utf8")).toBe("nowhere==1\n");
    expect(readFileSync(join(asset, "Dockerfile"), "utf8")).toBe(`FROM public.ecr.aws/lambda/python:3.14
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt
COPY . ./
CMD ["millrace.lambda_handler.handler"]
`);
  });
});

describe("a Python step on Batch", () => {
  const compute = "compute: { kind: batch, vcpu: 1, memory: 2 GiB";

  test("is a stock container that unpacks the code and the packages", () => {
    const { template } = synthesize(flowWith(`, requirements: [greeting], pythonVersion: "3.12", ${compute} }`));
    template.hasResourceProperties("AWS::Batch::JobDefinition", {
      ContainerProperties: Match.objectLike({
        Image: "public.ecr.aws/docker/library/python:3.12-slim",
        Command: ["python3", "-c", readFileSync("lambdas/python/boot.py", "utf8").trim()],
        Environment: Match.arrayWith([{ Name: "MILLRACE_ARCHIVES", Value: Match.anyValue() }]),
      }),
    });
    const [definition] = Object.values(template.findResources("AWS::Batch::JobDefinition"));
    const archives = JSON.stringify(definition?.Properties.ContainerProperties.Environment);
    expect(archives.match(/#[0-9a-f]{64}/g)).toHaveLength(2);
  });

  test("in an image of the user's has the packages of that image", () => {
    const { template } = synthesize(flowWith(`, requirements: [nowhere], ${compute}, image: "example/mine:1" }`));
    const [definition] = Object.values(template.findResources("AWS::Batch::JobDefinition"));
    expect(definition?.Properties.ContainerProperties.Image).toBe("example/mine:1");
    expect(JSON.stringify(definition).match(/#[0-9a-f]{64}/g)).toHaveLength(1);
  });
});

describe("is refused before anything is deployed:", () => {
  test.each([
    ["a package that there is not", ', requirements: ["nowhere==1"]', "PYTHON_ENVIRONMENT", /nowhere==1/],
    ["a package without a wheel for AWS", ', requirements: ["native==1.0"]', "PYTHON_ENVIRONMENT", /native==1\.0/],
    ["packages of conda", ', conda: ["numpy"]', "DEPLOY", /has packages of conda/],
    ["a version that AWS does not have", ', pythonVersion: "3.9"', "DEPLOY", /asks for Python 3\.9/],
  ])("%s", (_, options, code, message) => {
    expect(() => synthesize(flowWith(options))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
