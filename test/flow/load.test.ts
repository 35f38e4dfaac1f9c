import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { describeFlow } from "../../lib/flow/load/describe.ts";
import { FlowFolder, faultsOf, flowSource } from "./flow-folder.ts";

const tiny = "  @step start() { return this.next(this.end); }\n  @step end() {}";

async function failure(folder: FlowFolder, target = "flow.ts") {
  const error = await folder.load(target).catch((error) => error);
  const { code, message, fix, at } = error;
  return {
    code,
    message: message.replaceAll(folder.file(""), "DIR"),
    fix: fix?.replaceAll(folder.file(""), "DIR"),
    line: at?.line,
  };
}

describe("a flow's file", () => {
  test("becomes the definition of its class, with documentation and lines", async () => {
    const folder = new FlowFolder({
      "flow.ts": `import { artifact, FlowSpec, parameter, step } from "millrace";

/**
 * Counts.
 *
 * In two steps.
 * @author somebody
 */
export default class Count extends FlowSpec {
  readonly to = parameter.integer({ default: 3, min: 1, help: "how far" });
  count = 0;
  last = artifact<number>();

  /** Begins. */
  @step({ compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }, timeout: "2 min" })
  start() {
    this.last = this.count + this.to;
    return this.next(this.end);
  }

  @step end() {}
}
`,
    });

    const { definition, moduleUrl } = await folder.load();

    const file = folder.file("flow.ts");
    expect(definition).toEqual({
      version: 1,
      name: "Count",
      doc: "Counts.\n\nIn two steps.",
      file,
      parameters: { to: { type: "integer", default: 3, min: 1, help: "how far" } },
      artifacts: ["count", "last"],
      initialized: ["count"],
      steps: {
        start: {
          body: { kind: "method" },
          transitions: [{ kind: "next", steps: ["end"], line: 18 }],
          reads: ["count"],
          writes: ["last"],
          compute: { kind: "batch", vcpu: 1, memory: 2048 },
          timeout: 120,
          doc: "Begins.",
          file,
          line: 16,
        },
        end: { body: { kind: "method" }, transitions: [], reads: [], writes: [], file, line: 21 },
      },
    });
    expect(Object.keys(await import(moduleUrl ?? ""))).toEqual(["default"]);
  });

  test("brings the classes that it extends, each read in its own file", async () => {
    const folder = new FlowFolder({
      "base.ts": `import { FlowSpec, step } from "millrace";
export abstract class Base extends FlowSpec {
  x = 0;
  protected load(): void { this.x = 1; }
  @step start() { this.load(); return this.next(this.middle); }
  @step middle() { return this.next(this.end); }
  @step end() {}
}
`,
      "flow.ts": `import { step } from "millrace";
import { Base } from "./base.ts";
export default class Derived extends Base {
  y = 0;
  protected override load(): void { super.load(); this.y = this.x; }
  @step override middle() { this.y++; return this.y > 1 ? super.middle() : this.next(this.start); }
}
`,
    });

    const { steps } = (await folder.load()).definition;

    expect(
      Object.entries(steps).map(([name, { file, line, transitions, reads, writes }]) => ({
        name,
        file,
        line,
        transitions,
        reads,
        writes,
      })),
    ).toEqual([
      {
        name: "start",
        file: folder.file("base.ts"),
        line: 5,
        transitions: [{ kind: "next", steps: ["middle"], line: 5 }],
        reads: [],
        writes: ["x", "y"],
      },
      {
        name: "middle",
        file: folder.file("flow.ts"),
        line: 6,
        transitions: [
          { kind: "next", steps: ["start"], line: 6 },
          { kind: "next", steps: ["end"], line: 6 },
        ],
        reads: ["y"],
        writes: ["y"],
      },
      { name: "end", file: folder.file("base.ts"), line: 7, transitions: [], reads: [], writes: [] },
    ]);
  });

  test("of plain JavaScript is checked like any other", async () => {
    const folder = new FlowFolder({
      "flow.js": flowSource(
        `  x = 1;\n  @step start() { this.nope = 1; return this.next(this.ennd); }\n  @step end() {}`,
      ).replaceAll("type ", ""),
    });

    expect(await faultsOf(folder, "flow.js")).toEqual([
      "flow.js:4 UNKNOWN_STEP: start goes to ennd, which is no step of F. Did you mean end?",
    ]);
  });

  test("may hold several flows, of which one is named", async () => {
    const folder = new FlowFolder({
      "flow.ts": `import { FlowSpec, step } from "millrace";
export class One extends FlowSpec { ${tiny} }
export class Two extends FlowSpec { ${tiny} }
`,
    });

    expect((await folder.load("flow.ts#Two")).definition.name).toBe("Two");
    expect((await folder.load("flow.ts#One")).definition.name).toBe("One");
    expect(await failure(folder)).toEqual({
      code: "FLOW_FILE",
      message: "DIR/flow.ts exports several flows.",
      fix: "Name one: DIR/flow.ts#One or DIR/flow.ts#Two.",
      line: undefined,
    });
    expect(await failure(folder, "flow.ts#Three")).toMatchObject({ message: "DIR/flow.ts exports no flow Three." });
  });

  test.each([
    ["branch-flow/flow.ts", "BranchFlow"],
    ["train_model.ts", "TrainModel"],
  ])("%s names a class without a name", async (file, name) => {
    const folder = new FlowFolder({ [file]: flowSource(tiny).replace("class F", "class") });

    const { definition } = await folder.load(file);

    expect([definition.name, definition.steps.start?.line]).toEqual([name, 3]);
  });

  test("finds data beside it and packages around it, wherever it is compiled to", async () => {
    const folder = new FlowFolder({
      "node_modules/answers/package.json":
        '{ "name": "answers", "type": "module", "exports": { "import": "./node.js", "module": "./bundler.js" } }',
      "node_modules/answers/node.js": "export const answer = 42;",
      "node_modules/answers/bundler.js": "export const answer = 0;",
      "data.txt": "beside",
      "helper.ts": "export const helper = import.meta.filename;",
      "flow.ts": `import { readFileSync } from "node:fs";
import { answer } from "answers";
import { helper } from "./helper.ts";
export const found = { answer, helper, dirname: import.meta.dirname, data: readFileSync(new URL("data.txt", import.meta.url), "utf8") };
${flowSource(tiny)}`,
    });

    const { moduleUrl } = await folder.load();

    expect((await import(moduleUrl ?? "")).found).toEqual({
      answer: 42,
      helper: join(folder.path, "helper.ts"),
      dirname: folder.path,
      data: "beside",
    });
  });
});

describe("what cannot be loaded", () => {
  test.each<[string, Record<string, string>, string, object]>([
    [
      "a missing file",
      { "flow.ts": "" },
      "flwo.ts",
      { code: "FLOW_FILE", message: "There is no file DIR/flwo.ts.", fix: "Did you mean DIR/flow.ts?" },
    ],
    [
      "a folder",
      { "train/flow.ts": "" },
      "train",
      {
        code: "FLOW_FILE",
        message: "A flow is a file, not a folder: DIR/train.",
        fix: "Did you mean DIR/train/flow.ts?",
      },
    ],
    [
      "another kind of file",
      { "flow.txt": "" },
      "flow.txt",
      {
        code: "FLOW_FILE",
        message: "DIR/flow.txt is no file that a flow is written in.",
        fix: "Give a .ts, .mts, .js or .mjs file with a class, or a .yaml or .json file.",
      },
    ],
    [
      "a file without a flow",
      { "flow.ts": "export const x = 1;" },
      "flow.ts",
      {
        code: "FLOW_FILE",
        message: "DIR/flow.ts exports no flow.",
        fix: "Export one: export default class Train extends FlowSpec { … }.",
      },
    ],
    [
      "a class that is no flow",
      { "flow.ts": "export class Train {}" },
      "flow.ts",
      {
        code: "FLOW_FILE",
        message: "DIR/flow.ts exports no flow: Train does not extend FlowSpec.",
        fix: "Export one: export default class Train extends FlowSpec { … }.",
      },
    ],
    [
      "a broken file",
      { "flow.ts": "export class Train {\n  start( { }\n" },
      "flow.ts",
      {
        code: "FLOW_SYNTAX",
        message: 'DIR/flow.ts:3:1: Expected ")" but found end of file',
        fix: "Correct the line.",
        line: 3,
      },
    ],
    [
      "an import of nothing",
      { "flow.ts": '\nimport { x } from "no-such-package";\nexport { x };' },
      "flow.ts",
      {
        code: "FLOW_SYNTAX",
        message:
          'DIR/flow.ts:2:19: Could not resolve "no-such-package"\n  import { x } from "no-such-package";\n                    ^^^^^^^^^^^^^^^^^',
        fix: "Install it: npm install no-such-package.",
        line: 2,
      },
    ],
    [
      "a module that throws",
      {
        "flow.ts": 'import { fail } from "./fail.ts";\nfail();',
        "fail.ts": '\n\nexport function fail(): void {\n  throw new RangeError("too far");\n}',
      },
      "flow.ts",
      {
        code: "FLOW_IMPORT",
        message: "DIR/flow.ts fails when it is imported: RangeError: too far",
        fix: "Let the module only declare; what can fail belongs in a step.",
        line: 4,
      },
    ],
    [
      "a step whose options are wrong",
      {
        "flow.ts": flowSource(
          '  @step({ timeout: "long" as never }) start() { return this.next(this.end); }\n  @step end() {}',
        ),
      },
      "flow.ts",
      { code: "STEP_OPTIONS" },
    ],
  ])("%s", async (_, files, target, expected) => {
    expect(await failure(new FlowFolder(files), target)).toMatchObject(expected);
  });

  test("a folder for compiled flows that cannot be written to", async () => {
    const folder = new FlowFolder({ "flow.ts": flowSource(tiny), cache: "a file" });

    expect(await failure(folder)).toMatchObject({
      code: "CACHE",
      fix: "Make the folder writable, or give another store.",
    });
  });
});

describe("a fault of a class has its line", () => {
  const flow = (fields: string, steps = "@step start() { return this.next(this.end); }\n  @step end() {}") =>
    `import { FlowSpec, parameter, step } from "millrace";
/** Fails. */
function fail(): number { throw new Error("no"); }
export default class Train extends FlowSpec {
  rows = 1;
  ${fields}
  ${steps}
}
`;

  test.each([
    ["a field that is a function", flow("fit = () => 1;"), 6],
    ["a field that hides a member", flow("readonly next = 1 as never;"), 6],
    ["a parameter that contradicts itself", flow("readonly alpha = parameter.number({ default: 1, min: 2 });"), 6],
    ["an initializer that reads a parameter", flow("readonly a = parameter.number();\n  b = this.a * 2;"), 7],
    ["an initializer that throws", flow("b = fail();"), 3],
    ["a name that cannot be", flow("é = 1;"), 4],
    ["no start", flow("", "@step end() {}"), 4],
    ["no end", flow("", "@step start() { return this.next(this.start); }"), 4],
    ["no step at all", flow("", ""), undefined],
  ])("%s", async (_, source, line) => {
    const folder = new FlowFolder({ "flow.ts": source });
    const error = await folder.load().catch((error) => error);
    const places = (error.problems ?? [error]).map(({ at }: { readonly at?: unknown }) => at);
    expect(places).toContainEqual({ file: folder.file("flow.ts"), line });
  });
});

describe("what was compiled", () => {
  const entries = (folder: FlowFolder) =>
    readdirSync(join(folder.path, "cache")).map((name) => [name, statSync(join(folder.path, "cache", name)).mtimeMs]);

  test("is used again, in another process too, without compiling", async () => {
    const folder = new FlowFolder({ "flow.ts": flowSource(tiny) });
    const first = await folder.load();
    const before = entries(folder);
    utimesSync(join(folder.path, "flow.ts"), 1, 1);

    expect(await folder.load()).toEqual(first);
    expect(entries(folder)).toEqual(before);
  });

  test.each<[string, (folder: FlowFolder) => void, number]>([
    ["the flow changes", (folder) => folder.write("flow.ts", flowSource(`\n${tiny}`)), 5],
    ["what it imports changes", (folder) => folder.write("helper.ts", "export const n = 2;"), 4],
    [
      "the module is gone",
      (folder) => {
        for (const [name] of entries(folder))
          if (String(name).endsWith(".mjs")) rmSync(join(folder.path, "cache", String(name)));
      },
      4,
    ],
    [
      "the entry is broken",
      (folder) => {
        for (const [name] of entries(folder)) if (String(name).endsWith(".json")) folder.write(`cache/${name}`, "{");
      },
      4,
    ],
  ])("is compiled anew where %s", async (_, change, line) => {
    const folder = new FlowFolder({
      "helper.ts": "export const n = 1;",
      "flow.ts": `import { n } from "./helper.ts"; export { n };\n${flowSource(tiny)}`.replace(/\n(?=import)/, " "),
    });
    await folder.load();
    change(folder);

    const { definition, moduleUrl } = await folder.load();

    expect(definition.steps.end?.line).toBe(line);
    expect(statSync(new URL(moduleUrl ?? "")).isFile()).toBe(true);
  });
});

describe("a flow that is written as a file", () => {
  const files = {
    "flow.yaml": `name: Train
artifacts: [rows]
steps:
  start: { handler: steps.ts#load, writes: [rows], next: train }
  train: { handler: steps.ts#train, reads: [rows], next: end }
  end: { command: [echo, done] }
`,
    "steps.ts":
      "export function load(flow: { rows: number }): void { flow.rows = 1; }\nexport const train = () => {};\n",
  };

  test("is loaded with its functions", async () => {
    const { definition, moduleUrl } = await new FlowFolder(files).load("flow.yaml");

    const { handlers } = await import(moduleUrl ?? "");
    expect(definition.name).toBe("Train");
    expect(Object.entries(handlers).map(([name, value]) => [name, typeof value])).toEqual([
      ["steps.ts#load", "function"],
      ["steps.ts#train", "function"],
    ]);
  });

  test.each([
    [
      "a file that is not there",
      { ...files, "flow.yaml": files["flow.yaml"].replace("steps.ts#train", "stps.ts#train") },
      "flow.yaml:5 HANDLER: train names the file stps.ts, which is not there. Name a file beside the flow's, as steps.ts#train.",
    ],
    [
      "a function that is not exported",
      { ...files, "flow.yaml": files["flow.yaml"].replace("steps.ts#train", "steps.ts#trian") },
      "flow.yaml:5 HANDLER: train names trian, which steps.ts does not export as a function. Export it: export function trian(flow) { … }.",
    ],
    [
      "a step that is none",
      { ...files, "flow.yaml": files["flow.yaml"].replace("next: train", "next: trian") },
      "flow.yaml:4 UNKNOWN_STEP: start goes to trian, which is no step of Train. Did you mean train?",
    ],
  ])("names %s", async (_, changed, fault) => {
    expect(await faultsOf(new FlowFolder(changed), "flow.yaml")).toEqual([fault]);
  });
});

describe("a class that is there already", () => {
  test("is described in place, as a CDK app does it", async () => {
    const folder = new FlowFolder({
      "flow.ts": flowSource(
        `  x = 0;\n  /** Starts. */\n  @step start() { this.x++; return this.next(this.end); }\n  @step end() {}`,
      ),
    });
    const { default: flow } = await import(/* @vite-ignore */ join(folder.path, "flow.ts"));

    const definition = describeFlow(flow);

    expect(definition).toEqual((await folder.load()).definition);
    expect(definition.steps.start).toMatchObject({ doc: "Starts.", line: 5, reads: ["x"], writes: ["x"] });
  });

  test("without a file is its own source", () => {
    const source = `(FlowSpec, step) => {
      class Evaluated extends FlowSpec { x = 1; start() { return this.x ? this.next(this.end) : this.next(this.start); } end() {} }
      for (const name of ["start", "end"]) step(Evaluated.prototype[name], { kind: "method", name, static: false, private: false });
      return Evaluated;
    }`;
    const script = `import { FlowSpec, step } from ${JSON.stringify(pathToFileURL("lib/index.ts").href)};
      import { describeFlow } from ${JSON.stringify(pathToFileURL("lib/flow/load/describe.ts").href)};
      const flow = (0, eval)(${JSON.stringify(source)})(FlowSpec, step);
      console.log(JSON.stringify(describeFlow(flow)));`;

    const definition = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }),
    );

    expect(definition.steps).toEqual({
      start: {
        body: { kind: "method" },
        transitions: [
          { kind: "next", steps: ["end"] },
          { kind: "next", steps: ["start"] },
        ],
        reads: ["x"],
        writes: [],
      },
      end: { body: { kind: "method" }, transitions: [], reads: [], writes: [] },
    });
  });
});
