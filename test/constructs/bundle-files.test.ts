import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleSteps } from "../../constructs/bundle/steps.ts";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";

/** In place of the task runtime: a bundle's handler is then the step's own function. */
const runtime = `
  export class FlowSpec {}
  export const step = () => {}, artifact = step, parameter = { string: step, number: step };
  export const taskHandler = (context, body) => body;`;

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "bundle-files-"));
  await writeFile(join(project, "runtime.mjs"), runtime);
});
afterEach(() => rm(project, { recursive: true, force: true }));

/** Bundles a flow whose steps are the functions `start` and `end` of steps.ts. */
async function bundle(source: string, files: Readonly<Record<string, Uint8Array | string>>) {
  for (const [name, content] of Object.entries({ ...files, "steps.ts": source })) {
    await mkdir(join(project, name, ".."), { recursive: true });
    await writeFile(join(project, name), content);
  }
  const handler = (name: string): StepDefinition => ({
    body: { kind: "handler", handler: `steps.ts#${name}` },
    transitions: name === "end" ? [] : [{ kind: "next", steps: ["end"] }],
    reads: [],
    writes: [],
  });
  const definition: FlowDefinition = {
    version: 1,
    name: "Reader",
    file: join(project, "flow.yaml"),
    parameters: {},
    artifacts: [],
    initialized: [],
    steps: { start: handler("start"), end: handler("end") },
  };
  return (await bundleSteps(definition, [], runtimes())).bundles;
}

function runtimes() {
  const runtime = join(project, "runtime.mjs");
  return { lambda: runtime, batch: runtime, deploy: runtime };
}

/** Runs a bundle as AWS does: by itself, in another folder, without the project. */
async function run(code: string | undefined): Promise<unknown> {
  const elsewhere = await mkdtemp(join(tmpdir(), "bundle-run-"));
  await writeFile(join(elsewhere, "step.mjs"), code ?? "");
  await rm(project, { recursive: true });
  try {
    const { handler } = await import(/* @vite-ignore */ pathToFileURL(join(elsewhere, "step.mjs")).href);
    return await handler();
  } finally {
    await rm(elsewhere, { recursive: true });
  }
}

const reading = `import { readFile } from "node:fs/promises";
  export const start = () => readFile(new URL("data/some.bin", import.meta.url));
  export function end() {}`;

describe("the files that a module reads from beside itself", () => {
  it("come with the bundle, byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);
    const { start } = await bundle(reading, { "data/some.bin": bytes });
    expect(await run(start)).toEqual(Buffer.from(bytes));
  });

  it("keep their names, and are written once", async () => {
    const source = `const table = new URL("./iris.csv", import.meta.url);
      export const start = () => [table.href, new URL("./iris.csv", import.meta.url).href, read().href];
      const read = () => table;
      export function end() {}`;
    const { start } = await bundle(source, { "iris.csv": "a,b\n1,2\n" });
    const [first, second, third] = (await run(start)) as string[];
    expect(first).toMatch(/^file:.*\/iris\.csv$/);
    expect([second, third]).toEqual([first, first]);
    expect(await readFile(new URL(String(first)), "utf8")).toBe("a,b\n1,2\n");
  });

  it("come with modules that the flow imports", async () => {
    const source = `import { text } from "./lib/text.ts"; export const start = text; export function end() {}`;
    const helper = `import { readFileSync } from "node:fs";
      export const text = (): string => readFileSync(new URL("../words.txt", import.meta.url), "utf8");`;
    const { start } = await bundle(source, { "lib/text.ts": helper, "words.txt": "words" });
    expect(await run(start)).toBe("words");
  });

  it("are carried by the steps alone that use them", async () => {
    const { start, end } = await bundle(reading, { "data/some.bin": "content" });
    expect(start).toContain("zstdDecompressSync");
    expect(end).not.toContain("zstdDecompressSync");
  });

  it("are carried by the steps of a class alone that use them", async () => {
    const { definition } = await loadFlow("examples/iris-stats/flow.ts", { cacheDir: join(project, "cache") });
    const { bundles } = await bundleSteps(definition, ["IrisStats"], runtimes());
    const carrying = Object.keys(bundles).filter((name) => bundles[name]?.includes("zstdDecompressSync"));
    expect(carrying).toEqual(["start"]);
  });

  it("are not named by where the project stands, which would change the bundle", async () => {
    const { start = "" } = await bundle(reading, { "data/some.bin": "content" });
    const [code = "", map = ""] = start.split("base64,");
    expect(code).not.toContain(project);
    expect(JSON.parse(Buffer.from(map, "base64").toString()).sources).toContain("file-copy:data/some.bin");
  });

  it("leave other URLs as they are", async () => {
    const source = `export const start = () => [
        new URL("missing.csv", import.meta.url).pathname.endsWith("/missing.csv"),
        new URL("folder/", import.meta.url).pathname.endsWith("/folder/"),
        new URL("https://example.com/a.csv", import.meta.url).href,
      ];
      export function end() {}`;
    const { start } = await bundle(source, { "folder/a.csv": "" });
    expect(await run(start)).toEqual([true, true, "https://example.com/a.csv"]);
  });

  it("are refused over 20 MB", async () => {
    await expect(bundle(reading, { "data/some.bin": new Uint8Array(20_100_000) })).rejects.toMatchObject({
      code: "BUNDLE_FILE",
      message: "some.bin has 20.1 MB; a step carries files of 20.0 MB at most.",
      fix: "Put it into S3, and let the step read it from there.",
      at: { file: relative(".", join(project, "steps.ts")) },
    });
  });
});
