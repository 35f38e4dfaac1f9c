import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { loadBundle } from "../../lib/model/server/main.ts";
import { loadService } from "../../lib/model/service/load.ts";
import { Bodies } from "./fixtures/bodies.ts";
import { Thirds } from "./fixtures/thirds.ts";
import { startServer } from "./support/server-process.ts";

const run = promisify(execFile);
let scratch: string;
let bundle: string;

function packed(offset = 1): Thirds {
  const service = new Thirds().pack("offsets", new Float64Array([offset]));
  service.divider.pack("divisor", 3);
  return service;
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-bundles-"));
  bundle = await packed().save(join(scratch, "thirds"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A copy that a test may damage. */
async function copy(name: string): Promise<string> {
  const folder = join(scratch, name);
  await cp(bundle, folder, { recursive: true });
  return folder;
}

/** Its files as text, by path. */
async function readBundle(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.sort().map(async (file) => [relative(folder, file), await readFile(file, "latin1")] as const);
  return new Map(await Promise.all(read));
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, "utf8")));
}

describe("a bundle", () => {
  it("has the service, its models and all that a container needs", async () => {
    const manifest = JSON.parse(await readFile(join(bundle, "millrace-bundle.json"), "utf8"));
    expect(manifest).toEqual({
      format: 1,
      name: "thirds",
      version: expect.stringMatching(/^0\.0\.0-h[0-9a-f]{16}$/),
      service: "Thirds",
      apis: [
        {
          name: "predict",
          input: { types: ["application/json"], schema: { type: "array", items: { type: "number" } } },
          output: { types: ["application/json"], schema: { type: "array", items: { type: "number" } } },
          batch: { maxSize: 8, maxLatency: 100 },
          timeout: 60_000,
          maxConcurrency: 1024,
          maxBody: 20 * 2 ** 20,
        },
        expect.objectContaining({ name: "tell" }),
      ],
      models: [
        { name: "divider.divisor", file: "models/divider.divisor", codec: "json", type: "number" },
        { name: "offsets", file: "models/offsets", codec: "npy", type: "Float64Array(1)" },
      ],
      packages: [{ name: "zod", version: expect.stringMatching(/^4\./) }],
      files: Object.fromEntries(
        [
          "Dockerfile",
          "README.md",
          "index.d.mts",
          "index.mjs",
          "lambda.mjs",
          "models/divider.divisor",
          "models/offsets",
          "openapi.json",
          "package.json",
          "runtime.mjs",
          "server.mjs",
          "service.mjs",
        ].map((file) => [file, { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: expect.any(Number) }]),
      ),
    });
    // The Node that these tests run on.
    const node = JSON.parse(await readFile("node_modules/node/package.json", "utf8"));
    expect(await readFile(join(bundle, "Dockerfile"), "utf8")).toBe(
      `ARG NODE_IMAGE=public.ecr.aws/docker/library/node:${node.version}-slim

FROM \${NODE_IMAGE}
ENV NODE_ENV=production PORT=3000
WORKDIR /opt/service
COPY . .
USER 1000:1000
EXPOSE 3000 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \\
  CMD ["node", "server.mjs", "health"]
ENTRYPOINT ["node", "server.mjs"]
CMD ["--host", "0.0.0.0"]
`,
    );
  });

  it("has the same bytes each time, without a path of this machine, and others for other models", async () => {
    const again = await packed().save(join(scratch, "again"));
    const other = await packed(2).save(join(scratch, "other"));
    const manifests = await Promise.all(
      [bundle, again, other].map((folder) => readFile(join(folder, "millrace-bundle.json"), "utf8")),
    );
    expect(manifests[1]).toBe(manifests[0]);
    expect(JSON.parse(manifests[2] ?? "").version).not.toBe(JSON.parse(manifests[0] ?? "").version);
    const code = await readFile(join(bundle, "service.mjs"), "utf8");
    expect(code).not.toContain(process.cwd());
    expect(await readFile(join(bundle, "runtime.mjs"), "utf8")).not.toContain(process.cwd());
  });

  it("has the same bytes wherever npm has put the packages", async () => {
    const source = `
      import { api, ModelService } from "millrace/model";
      import { z } from "zod";
      export class Echo extends ModelService {
        @api({ input: z.number(), output: z.number() })
        predict(x) { return x; }
      }`;
    const bundles = ["beside/packages/service", "above"].map(async (place) => {
      const project = join(scratch, place.split("/")[0] ?? "", "packages/service");
      await mkdir(project, { recursive: true });
      await cp("node_modules/zod", join(scratch, place, "node_modules/zod"), { recursive: true });
      await writeFile(join(project, "service.js"), source);
      const { service, file } = await loadService(join(project, "service.js"), { cacheDir: join(scratch, "cache") });
      return await readBundle(await saveBundle(service, join(project, "echo"), { file }));
    });
    const [beside, above] = await Promise.all(bundles);
    expect(beside?.get("service.mjs")).toContain("// node_modules/zod/");
    expect(above).toEqual(beside);
  });

  it("carries the files that its code reads from beside itself, with their hashes", async () => {
    const project = join(scratch, "reads");
    await mkdir(join(project, "shared data"), { recursive: true });
    await symlink(resolve("node_modules"), join(project, "node_modules"));
    await writeFile(join(project, "shared data", "labels (en).json"), '["setosa"]');
    await writeFile(join(project, "unread.csv"), "1,2");
    await writeFile(
      join(project, "service.ts"),
      `import { readFileSync } from "node:fs";
      import { api, ModelService } from "millrace/model";
      import { z } from "zod";
      const labels: string[] = JSON.parse(readFileSync(new URL("./shared data/labels (en).json", import.meta.url), "utf8"));
      function train() { return readFileSync(new URL("./unread.csv", import.meta.url)); }
      export class Labels extends ModelService {
        @api({ input: z.number(), output: z.string() })
        predict(index: number) { return labels[index] ?? "none"; }
      }`,
    );
    const { service, file } = await loadService(join(project, "service.ts"), { cacheDir: join(scratch, "cache") });
    const folder = await saveBundle(service, join(scratch, "labels"), { file });
    await rm(project, { recursive: true });
    const { files } = JSON.parse(await readFile(join(folder, "millrace-bundle.json"), "utf8"));
    const carried = Object.keys(files).filter((name) => name.startsWith("files/"));
    expect(carried).toEqual([expect.stringMatching(/^files\/[0-9a-f]{12}\/labels__en_\.json$/)]);
    const server = await startServer(folder, ["--log-level", "warn"]);
    expect(await server.answer("/predict", 0)).toBe("setosa");
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  it("can be read by the image's user whatever the umask is, and here by those who come to the folder", async () => {
    const before = process.umask(0o077);
    const folder = await packed()
      .save(join(scratch, "private"))
      .finally(() => process.umask(before));
    const mode = async (file: string) => ((await stat(join(folder, file))).mode & 0o777).toString(8);
    expect(await Promise.all([".", "models", "models/offsets", "server.mjs", "Dockerfile"].map(mode))).toEqual([
      "700",
      "755",
      "644",
      "644",
      "644",
    ]);
  });

  it.each(["1.2", "v1.2.0", "latest", "01.2.0", ""])("has no version %j", async (version) => {
    await expect(saveBundle(packed(), join(scratch, "x"), { version })).rejects.toMatchObject({
      code: "OPTION",
      message: `A bundle's version is as npm has them; received ${JSON.stringify(version)}.`,
    });
  });

  it("is written as a whole; a folder that is no bundle is not touched", async () => {
    const folder = join(scratch, "mine");
    await mkdir(folder);
    await writeFile(join(folder, "notes.txt"), "mine");
    await expect(packed().save(folder)).rejects.toMatchObject({ code: "BUNDLE_FOLDER" });
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
  });

  it("cannot be made of a service that lacks a model", async () => {
    await expect(new Thirds().pack("offsets", new Float64Array(1)).save(join(scratch, "x"))).rejects.toMatchObject({
      code: "NOT_PACKED",
      message: "Thirds has no value for divider.divisor.",
      fix: 'Give it one: .pack("divider.divisor", …), or --model divider.divisor=MODEL with a model of the store.',
    });
  });
});

describe("a bundle that was tampered with is refused:", () => {
  const load = (folder: string) => loadBundle(Thirds, folder, false);

  it("a changed file, with both hashes", async () => {
    const folder = await copy("changed");
    await edit(join(folder, "models/divider.divisor"), () => "4");
    const { files } = JSON.parse(await readFile(join(folder, "millrace-bundle.json"), "utf8"));
    await expect(load(folder)).rejects.toMatchObject({
      code: "BUNDLE_CHANGED",
      message: `${folder}/models/divider.divisor was changed: its SHA-256 is 4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a, not ${files["models/divider.divisor"].sha256}.`,
    });
  });

  it.each(["../outside", "/etc/passwd", "models/../../outside", "models//x", ".hidden", "a\\..\\b"])(
    "a path that leads out of it: %s",
    async (path) => {
      const folder = await copy(`path-${Buffer.from(path).toString("hex")}`);
      await edit(join(folder, "millrace-bundle.json"), (text) =>
        text.replace('"file": "models/offsets"', `"file": ${JSON.stringify(path)}`),
      );
      await expect(load(folder)).rejects.toMatchObject({
        code: "BUNDLE_MANIFEST",
        message: `${folder}/millrace-bundle.json is no manifest of a bundle: models.1.file: is no path inside the bundle.`,
      });
    },
  );

  it("a symbolic link", async () => {
    const folder = await copy("link");
    await rm(join(folder, "models"), { recursive: true });
    await symlink(join(bundle, "models"), join(folder, "models"));
    await expect(load(folder)).rejects.toMatchObject({ code: "BUNDLE_FILE" });
  });

  it("a manifest that is none, a folder without one", async () => {
    const folder = await copy("manifest");
    await edit(join(folder, "millrace-bundle.json"), (text) => text.slice(0, 40));
    await expect(load(folder)).rejects.toMatchObject({ code: "BUNDLE_MANIFEST" });
    await expect(load(scratch)).rejects.toMatchObject({ code: "BUNDLE_MISSING" });
  });
});

describe("a bundle's server", () => {
  it("runs with nothing but Node, answers, and stops on SIGTERM", async () => {
    const server = await startServer(bundle, ["--log-level", "warn"]);
    expect(await server.answer("/predict", [3, 6])).toEqual([2, 3]);
    expect(await server.answer("/tell", { kind: "a" })).toBe("fine");
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(server.output()).toBe("");
  });

  it("of code alone serves the models that are mounted; without them it says which it lacks", async () => {
    const file = join(import.meta.dirname, "fixtures/thirds.ts");
    const code = await saveBundle(new Thirds(), join(scratch, "code"), { file, codeOnly: true });
    const { models, unpacked, files } = JSON.parse(await readFile(join(code, "millrace-bundle.json"), "utf8"));
    expect({ models, unpacked }).toEqual({ models: [], unpacked: ["divider.divisor", "offsets"] });
    expect(Object.keys(files).filter((name) => name.startsWith("models/"))).toEqual([]);
    const refused = await startServer(code, ["serve"]);
    expect(await refused.ended).toBe(1);
    expect(JSON.parse(refused.output())).toMatchObject({
      code: "BUNDLE_MODELS",
      msg: `The bundle in ${code} has no value for divider.divisor, offsets.`,
      fix: "Mount a manifest with its models as /opt/ml/model (or as the folder that SM_MODEL_DIR names), and start it with serve.",
    });
    const server = await startServer(code, ["serve", "--log-level", "warn"], { SM_MODEL_DIR: bundle });
    expect(await server.answer("/invocations", [3])).toEqual([2]);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  it("shares its port among workers, which know each other's jobs", async () => {
    const server = await startServer(bundle, ["--workers", "2", "--log-level", "warn"]);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => server.answer("/predict", [i * 3])));
    expect(answers).toEqual(Array.from({ length: 8 }, (_, i) => [i + 1]));
    const { id } = await server.answer("/predict/jobs", [3]);
    await expect
      .poll(async () => (await fetch(`${server.url}/jobs/${id}`)).text(), { timeout: 10_000 })
      .toContain("succeeded");
    for (let i = 0; i < 6; i++) {
      const result = await fetch(`${server.url}/jobs/${id}/result`, { headers: { connection: "close" } });
      expect(await result.text()).toBe("[2]");
    }
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  it("does not start with a damaged model, and says why", async () => {
    const folder = await copy("damaged");
    await edit(join(folder, "models/offsets"), () => "no array");
    const server = await startServer(folder, []);
    expect(await server.ended).toBe(1);
    expect(JSON.parse(server.output())).toMatchObject({ level: 60, code: "BUNDLE_CHANGED" });
  });
});

it("is a package with a typed API once it is packed", async () => {
  const types = await readFile(join(bundle, "index.d.mts"), "utf8");
  expect(types).toBe(`/** The service in this process: inputs and outputs are checked as the server checks them. */
export interface Thirds {
  predict(input: number[]): Promise<number[]>;
  tell(input: { "kind": "a" | "b"; "note"?: string }): Promise<"fine" | null>;
  /** Stops the service. */
  close(): Promise<void>;
}

/** Reads the models and starts the service. */
export function load(): Promise<Thirds>;
`);
  const { stdout } = await run("npm", ["pack", "--silent"], { cwd: bundle });
  const app = join(scratch, "app");
  await mkdir(app);
  await writeFile(join(app, "package.json"), '{"type":"module"}');
  await run("npm", ["install", "--silent", "--offline", "--no-audit", join(bundle, stdout.trim())], { cwd: app });
  await rm(join(bundle, stdout.trim()));
  const program = `
    import { load } from "thirds";
    const service = await load();
    console.log(JSON.stringify(await service.predict([3])));
    await service.predict(["x"]).catch((error) => console.log(error.message));
    await service.close();`;
  const printed = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: app });
  expect(printed.stdout).toBe(
    "[2]\nThe input at [0] is not what predict takes: Invalid input: expected number, received string.\n",
  );
  const help = await run(join(app, "node_modules/.bin/thirds"), ["--help"], { cwd: app });
  expect(help.stdout).toMatch(/^Usage: thirds \[serve\|health\] \[options\]\n[\s\S]*--port <n>/);
  await expect(run(join(app, "node_modules/.bin/thirds"), ["--port", "x"], { cwd: app })).rejects.toMatchObject({
    stderr: expect.stringContaining("--port is a whole number from 0 to 65535"),
  });
});

it("has types that say what it takes and gives in the same process, tensors and files too", async () => {
  const folder = await new Bodies().save(join(scratch, "bodies"));
  expect(await readFile(join(folder, "index.d.mts"), "utf8")).toContain(`
export interface Bodies {
  halves(input: number[] | Tensor): Promise<Tensor>;
  join(input: number[] | Tensor): Promise<string>;
  same(input: Uint8Array): Promise<Uint8Array>;
  reversed(input: Uint8Array): Promise<Uint8Array>;
`);
  const program = join(scratch, "program.mts");
  await writeFile(
    program,
    `import { load } from "./bodies/index.mjs";
    const bodies = await load();
    const halves = await bodies.halves([1, 2]);
    const shape: readonly number[] = halves.shape;
    const last: number | bigint | undefined = halves.data[1];
    const bytes: Uint8Array = await bodies.same(Uint8Array.of(1, 2));
    const same = [...bytes], reversed = [...(await bodies.reversed(bytes))];
    console.log(JSON.stringify({ shape, last, joined: await bodies.join(halves), same, reversed }));
    await bodies.close();`,
  );
  const settings = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024"];
  const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
  await run(resolve("node_modules/.bin/tsc"), [...settings, ...types, program], { cwd: scratch });
  const { stdout } = await run(process.execPath, [program]);
  expect(JSON.parse(stdout)).toEqual({ shape: [2], last: 1, joined: "0.5 1", same: [1, 2], reversed: [2, 1] });
});
