import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { FlowFolder, faultsOf, flowSource } from "./flow-folder.ts";

const service = `
import { artifact } from "millrace";
import { api, ModelService } from "millrace/model";
import { z } from "zod";

class Scaler extends ModelService {
  scale = artifact<number>();
  offset = 0;
  @api({ input: z.number(), output: z.number() }) apply(x: number) { return x * this.scale + this.offset; }
}
export class Both extends ModelService {
  scaler = new Scaler();
  model = artifact<number>();
  @api({ input: z.number(), output: z.number() }) predict(x: number) { return this.model + this.scaler.apply(x); }
}
`;

/** A folder in which packages are found, as in a project. */
function project(files: Readonly<Record<string, string>>): FlowFolder {
  const folder = new FlowFolder({ "service.ts": service, ...files });
  symlinkSync(resolve("node_modules"), join(folder.path, "node_modules"));
  return folder;
}

/** A flow of which \`release\` deploys the service; the options follow the endpoint's. */
function folder(options: string): FlowFolder {
  return project({
    "flow.ts": flowSource(`  model = 1; factor = artifact<number>(); offset = 2;
  @step start() { this.factor = 3; return this.next(this.release); }
  @step({ deploy: { endpoint: "both", instanceType: "ml.m5.large", ${options} } })
  release() { return this.next(this.end); }
  @step end() {}`),
  });
}

describe("a step that deploys", () => {
  test("is known with its service's class, and each model's artifact", async () => {
    const { definition } = await folder('service: "service.ts", models: { "scaler.scale": "factor" }').load();
    expect(definition.steps.release?.deploy).toEqual({
      endpoint: "both",
      service: "service.ts#Both",
      models: { "scaler.scale": "factor", model: "model" },
      hosting: { kind: "instances", type: "ml.m5.large", count: 1 },
      timeout: 3600,
    });
  });

  test("is read anew when its service changes", async () => {
    const flows = folder('service: "service.ts", models: { "scaler.scale": "factor" }');
    await flows.load();
    flows.write("service.ts", service.replace("class Both", "class Sum"));
    expect((await flows.load()).definition.steps.release?.deploy?.service).toBe("service.ts#Sum");
  });

  const models = 'models: { "scaler.scale": "factor" }';
  test.each<[string, () => FlowFolder, string[]]>([
    [
      "service that is not there",
      () => folder(`service: "servce.ts", ${models}`),
      [expect.stringMatching(/^flow.ts:6 DEPLOY_SERVICE: release deploys servce.ts: There is no file .*Did you mean/)],
    ],
    [
      "class that is not there",
      () => folder(`service: "service.ts#Sum", ${models}`),
      [expect.stringMatching(/DEPLOY_SERVICE: release deploys service.ts#Sum: .* exports no service Sum\. Name one: /)],
    ],
    [
      "model that the service does not have",
      () => folder('service: "service.ts", models: { "scaler.scal": "factor", "scaler.scale": "factor" }'),
      [
        "flow.ts:6 DEPLOY_MODEL: release gives Both the model scaler.scal, which it does not have. Did you mean scaler.scale?",
      ],
    ],
    [
      "model that is no artifact",
      () => folder('service: "service.ts"'),
      [
        'flow.ts:6 DEPLOY_MODEL: release deploys Both, and no artifact of F is its model scaler.scale. Name the artifact that it is: deploy: { …, models: { "scaler.scale": "…" } }.',
      ],
    ],
    [
      "artifact that is not there",
      () => folder('service: "service.ts", models: { "scaler.scale": "facter" }'),
      ["flow.ts:6 UNKNOWN_ARTIFACT: release uses this.facter, which F does not declare. Did you mean factor?"],
    ],
  ])("can have no %s", async (_, flows, expected) => {
    expect(await faultsOf(flows())).toEqual(expected);
  });

  test("has an artifact that is set on every way, by its own body at the latest", async () => {
    const ways = (body: string) =>
      project({
        "flow.ts": flowSource(`  model = artifact<number>(); factor = 1;
  @step start() { return this.factor > 1 ? this.next(this.train) : this.next(this.release); }
  @step train() { this.model = 2; return this.next(this.release); }
  @step({ deploy: { endpoint: "both", service: "service.ts", ${models}, serverless: { memory: "1 GiB" } } })
  release() { ${body} return this.next(this.end); }
  @step end() {}`),
      });
    expect(await faultsOf(ways(""))).toEqual([
      "flow.ts:7 UNSET_ARTIFACT: release reads model, which is not set on the way start, release. Set it in a step before, or give it a first value: model = ….",
    ]);
    expect(await faultsOf(ways("this.model = 3;"))).toEqual([]);
  });

  test("is no command, runs on Lambda, and not once for each item", async () => {
    const flows = project({
      "flow.ts": flowSource(`  model = 1; factor = 2;
  @step start() { return this.foreach([1, 2], this.release); }
  @step({ compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }, deploy: { endpoint: "both", service: "service.ts", ${models}, serverless: { memory: "1 GiB" } } })
  release(item: number) { return this.next(this.gather); }
  @step gather(inputs: ForeachInputs<F>) { return this.next(this.end); }
  @step end() {}`),
      "flow.yaml": `
name: F
steps:
  start: { command: [train], next: release }
  release:
    command: [release]
    deploy: { endpoint: both, service: service.ts, serverless: { memory: 1 GiB } }
    next: end
  end: { command: [done] }
`,
    });
    expect(await faultsOf(flows)).toEqual([
      "flow.ts:6 DEPLOY_STEP: release deploys, and runs on Batch. Let a step on Lambda deploy, after it.",
      "flow.ts:6 DEPLOY_STEP: release deploys inside a foreach, where each iteration would replace what the one before it has deployed. Choose in the join, and deploy after it.",
    ]);
    expect(await faultsOf(flows, "flow.yaml")).toEqual([
      "flow.yaml:5 DEPLOY_STEP: release deploys, and its body is a command. Let a step in TypeScript deploy, after it.",
    ]);
  });
});

test("a step of a YAML file deploys as one of a class does", async () => {
  const flows = project({
    "steps.ts": "export function nothing() {}\n",
    "flow.yaml": `
name: F
artifacts: [model, factor]
steps:
  start: { handler: "steps.ts#nothing", writes: [model, factor], next: release }
  release:
    handler: "steps.ts#nothing"
    reads: []
    deploy:
      endpoint: both
      service: service.ts
      models: { scaler.scale: factor }
      serverless: { memory: 2 GiB, maxConcurrency: 10 }
      timeout: 30 min
    next: end
  end: { handler: "steps.ts#nothing" }
`,
  });
  expect((await flows.load("flow.yaml")).definition.steps.release?.deploy).toEqual({
    endpoint: "both",
    service: "service.ts#Both",
    models: { "scaler.scale": "factor", model: "model" },
    hosting: { kind: "serverless", memory: 2048, maxConcurrency: 10 },
    timeout: 1800,
  });
});
