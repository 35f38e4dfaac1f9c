import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EndpointRole, ModelImage, type ModelSource } from "../../../constructs/index.ts";
import { openClient } from "../../../lib/client/index.ts";
import { readManifest } from "../../../lib/model/bundle/read.ts";
import { Thirds } from "../../model/fixtures/thirds.ts";
import { normalized } from "../support.ts";

const file = "test/model/fixtures/thirds.ts#Thirds";
let scratch: string;
let bundle: string;
let store: { folder: string };

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-image-"));
  const service = new Thirds().pack("offsets", new Float64Array([1]));
  service.divider.pack("divisor", 3);
  bundle = await service.save(join(scratch, "thirds"));
  store = { folder: join(scratch, "store") };
  await using client = await openClient({ ...store, create: true });
  await client.models.save("offsets", new Float64Array([1]));
  await client.models.save("divisor", 3);
  await client.models.setAlias("divisor", "production", "divisor");
}, 30_000);
afterAll(() => rm(scratch, { recursive: true }));

/** The folder that the image is built from, as the assembly has it, and the image. */
async function synthesized(source: ModelSource) {
  const app = new App({ outdir: await mkdtemp(join(scratch, "out-")) });
  const stack = new Stack(app, "Stack");
  const image = new ModelImage(stack, "Image", { source });
  new EndpointRole(stack, "Role", { endpointName: "thirds", images: [image] });
  app.synth();
  const { dockerImages } = JSON.parse(await readFile(join(app.outdir, "Stack.assets.json"), "utf8"));
  const [[hash, definition]] = Object.entries(dockerImages) as [[string, { source: Record<string, string> }]];
  return { image, hash, build: definition.source, folder: join(app.outdir, definition.source.directory ?? "") };
}

/** The folder of the image of a service, without models, whose class names what its models need. */
async function named(lines: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, "service-"));
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
  const code = await readFile("test/model/fixtures/scorer.ts", "utf8");
  await writeFile(
    join(folder, "service.ts"),
    code.replace(/(class Scorer extends ModelService \{\n)/, `$1  ${lines}\n`),
  );
  return (await synthesized(`${join(folder, "service.ts")}#Scorer`)).folder;
}

describe("an image of the code alone", () => {
  test("has the packages that the class names for the models, beside the code", async () => {
    const folder = await named(
      'static packages = ["onnxruntime-web"]; static python = { requirements: ["scikit-learn==1.7.2"] };',
    );
    const { dependencies, python, unpacked } = await readManifest(folder);
    expect({ dependencies, python, unpacked }).toEqual({
      dependencies: { "onnxruntime-web": expect.stringMatching(/^\d+\.\d+\.\d+/) },
      python: { version: "3.14", requirements: ["scikit-learn==1.7.2"] },
      unpacked: ["model"],
    });
    const dockerfile = await readFile(join(folder, "Dockerfile"), "utf8");
    expect(dockerfile).toContain("ARG PYTHON_IMAGE=public.ecr.aws/docker/library/python:3.14-slim\n");
    expect(dockerfile).toContain("RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund\n");
    expect(await readFile(join(folder, "requirements.txt"), "utf8")).toBe("scikit-learn==1.7.2\n");
    expect(JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")).packages).toHaveProperty([
      "node_modules/onnxruntime-web",
    ]);
  });

  test("has Node alone where it names none", async () => {
    const folder = await named("");
    expect(await readManifest(folder)).not.toHaveProperty("python");
    expect(await readFile(join(folder, "Dockerfile"), "utf8")).not.toMatch(/npm ci|python/);
  });

  test("cannot have a package that is not installed here", async () => {
    await expect(named('static packages = ["nowhere-at-all"];')).rejects.toThrow(
      "The bundle needs nowhere-at-all, and no package-lock.json has its version.",
    );
  });
});

describe("the image of", () => {
  test("a bundle is built from its folder, for linux/amd64", async () => {
    const { image, build, folder } = await synthesized(bundle);
    expect(build).toEqual({ directory: expect.stringMatching(/^asset\./), platform: "linux/amd64" });
    expect(await readFile(join(folder, "models/divider.divisor"), "utf8")).toBe("3");
    expect(image.manifest).toMatchObject({ service: "Thirds", apis: [{ name: "predict" }, { name: "tell" }] });
  });

  test("a service's file with versions of a store has these versions", async () => {
    const models = { offsets: "offsets", "divider.divisor": "divisor:production" };
    const { image, folder } = await synthesized({ service: file, models, store });
    expect(await readFile(join(folder, "models/divider.divisor"), "utf8")).toBe("3");
    expect(image.manifest.models).toEqual([
      expect.objectContaining({ name: "divider.divisor", origin: expect.stringMatching(/^divisor:2/) }),
      expect.objectContaining({ name: "offsets", origin: expect.stringMatching(/^offsets:2/) }),
    ]);
  });

  test("a service's file without models has the code alone", async () => {
    const { image } = await synthesized(file);
    expect(image.manifest).toMatchObject({ models: [], unpacked: ["divider.divisor", "offsets"] });
  });

  test("the same source is the same, wherever it was built", async () => {
    const [first, second] = await Promise.all([synthesized(file), synthesized(file)]);
    expect(second.hash).toBe(first.hash);
  });
});

describe("there is no image of", () => {
  test("a bundle with a changed file", async () => {
    const changed = join(scratch, "changed");
    await cp(bundle, changed, { recursive: true });
    await writeFile(join(changed, "models/divider.divisor"), "4");
    await expect(synthesized(changed)).rejects.toMatchObject({
      code: "BUNDLE_CHANGED",
      message: expect.stringContaining("models/divider.divisor was changed: its SHA-256 is 4b227777"),
    });
  });

  test("a bundle that is given models", async () => {
    const source = { service: bundle, models: { offsets: "offsets" }, store };
    await expect(synthesized(source)).rejects.toMatchObject({
      code: "DEPLOY",
      message: `${bundle} is a bundle, and offsets is given for it: a bundle has its models already.`,
    });
  });

  test("a service that has some of its models", async () => {
    const source = { service: file, models: { offsets: "offsets" }, store };
    await expect(synthesized(source)).rejects.toMatchObject({
      code: "NOT_PACKED",
      message: "Thirds has no value for divider.divisor.",
    });
  });

  test("a version that the store does not have", async () => {
    const source = { service: file, models: { offsets: "offsets:staging" }, store };
    await expect(synthesized(source)).rejects.toMatchObject({
      code: "MODEL_UNKNOWN",
      message: "There is no model offsets:staging.",
    });
  });

  test("a file that is not there", async () => {
    await expect(synthesized("test/model/fixtures/third.ts")).rejects.toMatchObject({ code: "FLOW_FILE" });
  });
});

test("an image that is built in AWS has a project that may read its bundle and push to its repository, and no more", async () => {
  const stack = new Stack(new App(), "Stack");
  const image = new ModelImage(stack, "Image", { source: bundle, build: "codebuild" });
  new EndpointRole(stack, "Role", { endpointName: "thirds", images: [image] });
  const template = Template.fromStack(stack);
  await expect(JSON.stringify(normalized(template), undefined, 2)).toMatchFileSnapshot("codebuild.template.json");
  expect(stack.resolve(image.imageUri)).toEqual({ Ref: expect.stringMatching(/^ImageBuildBuilt/) });
});
