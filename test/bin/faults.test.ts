import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, Folder } from "./command.ts";

let folder: Folder;
beforeAll(async () => {
  folder = new Folder("branch.ts", "each.ts", "fail.ts")
    .write("broken.ts", "export default class {\n  start) {}\n}\n")
    .write("other.ts", "export default class Other {}\n")
    .write("throws.ts", 'export const x = 1;\nthrow new Error("no network");\n')
    .write("exits.ts", 'console.log("here");\nprocess.exit(0);\n')
    .write("waits.ts", "await new Promise(() => {});\n")
    .write("lingers.ts", 'console.log("here");\nsetInterval(() => {}, 1000);\nawait new Promise(() => {});\n')
    .write(
      "hides.ts",
      `import { FlowSpec, step } from "millrace";
export default class Hides extends FlowSpec {
  @step start() { return this.next(this.end); }
  @step next() { return super.next(this.end); }
  @step end() {}
}
`,
    )
    .write("notes.txt", "")
    .write("\u001b[31mred.ts", "")
    .write(
      "faults.ts",
      `import { FlowSpec, step } from "millrace";
export default class Faults extends FlowSpec {
  @step start() { return this.next(this.a, this.b); }
  @step a() {}
  @step b() { return this.next(this.end); }
  @step end() { return this.next(this.a); }
}
`,
    )
    .write(
      "option.ts",
      `import { FlowSpec, step } from "millrace";
export default class Option extends FlowSpec {
  @step({ retry: { times: -1 } }) start() { return this.next(this.end); }
  @step end() {}
}
`,
    );
  mkdirSync(join(folder.path, "folder"));
  await folder.out("run", "branch.ts");
  await folder.millrace("run", "fail.ts");
});
afterAll(() => folder.remove());

const help = "`millrace --help` and `millrace COMMAND --help` tell what there is.";
const declared = "Give every parameter as the flow declares it; `millrace show` lists them.";
const pathspec = "Write Flow/run, Flow/run/step or Flow/run/step/task; the run may be latest.";
const choose = "Make it a folder that you may write to, or choose another one with MILLRACE_STORE.";

interface Fault {
  readonly message: string;
  readonly at?: string;
  readonly fix?: string;
}

/** What a command that cannot do its work prints: each fault with its place and fix, and nothing else. */
function told(code: 1 | 2, ...faults: readonly Fault[]): Ended {
  const lines = faults.map(
    ({ message, at, fix }) =>
      `error: ${message}\n${at === undefined ? "" : `  at ${at}\n`}${fix === undefined ? "" : `  fix: ${fix}\n`}`,
  );
  return { code, stdout: "", stderr: lines.join("") };
}

describe("a call that is wrong ends with 2", () => {
  test.each<[command: string, fault: Fault]>([
    ["frobnicate", { message: "Unknown command 'frobnicate'.", fix: help }],
    ["frobnicate --help", { message: "Unknown command 'frobnicate'.", fix: help }],
    ["lst", { message: "Unknown command 'lst' (Did you mean list?).", fix: help }],
    ["list --nope", { message: "Unknown option '--nope'.", fix: help }],
    ["graph", { message: "Missing required argument 'file'.", fix: help }],
    ["graph a b", { message: "Too many arguments for 'graph'. Expected 1 argument but got 2.", fix: help }],
    [
      "run",
      {
        message: "`run` needs the flow's file, before any parameter.",
        fix: "Write millrace run flow.ts --alpha 0.5, say.",
      },
    ],
    [
      "run --scale 2 branch.ts",
      {
        message: "`run` needs the flow's file, before any parameter.",
        fix: "Write millrace run flow.ts --alpha 0.5, say.",
      },
    ],
    [
      "run branch.ts each.ts",
      { message: '`run` takes one flow; received "each.ts" too.', fix: "Write a parameter as --NAME VALUE." },
    ],
    [
      "run branch.ts -x",
      {
        message: 'There is no option "-x".',
        fix: "Write a parameter as --NAME VALUE; `millrace run --help` tells the options.",
      },
    ],
    ["run branch.ts --scal 2", { message: 'There is no parameter "scal"; did you mean scale?', fix: declared }],
    [
      "run branch.ts --__proto__ 2",
      { message: 'There is no parameter "__proto__"; there are scale, loud, tag.', fix: declared },
    ],
    ["run branch.ts --scale two", { message: 'scale must be a number; received "two".', fix: declared }],
    ["run branch.ts --scale", { message: "--scale needs a value.", fix: "Write --scale VALUE, or --scale=VALUE." }],
    ["run branch.ts -- --tag all", { message: 'tag must be one of "none", "some"; received "all".', fix: declared }],
    [
      "models alias iris iris",
      {
        message: 'An alias is of a model, as iris:production; received "iris".',
        fix: "Write millrace models alias iris:production iris, say.",
      },
    ],
    [
      "models alias iris:production",
      {
        message: "An alias is set to a model, or removed with --delete.",
        fix: "Write millrace models alias iris:production iris, say.",
      },
    ],
    [
      "bundle other.ts",
      {
        message: "other.ts exports no service.",
        at: "other.ts",
        fix: "Export one: export class IrisClassifier extends ModelService { … }.",
      },
    ],
    ["models get iris:", { message: '"iris:" names no model.', fix: "Write iris, iris:VERSION or iris:ALIAS." }],
    [
      "models list iris/1",
      {
        message: '"iris/1" is no name for a model.',
        fix: "Use up to 100 letters, digits, ., _ and -, beginning with a letter or digit.",
      },
    ],
    [
      "models alias iris:latest iris",
      {
        message: '"latest" is no alias that can be set.',
        fix: "Use letters, digits, ., _ and -, beginning with a letter; latest is always the newest version.",
      },
    ],
    ["list --tag=", { message: '--tag takes a text; received "".', fix: "Write --tag nightly, say." }],
    ["run branch.ts --tag=", { message: '--tag takes a text; received "".', fix: "Write --tag nightly, say." }],
    [
      "run branch.ts --max-workers 0",
      { message: '--max-workers takes a whole number above 0; received "0".', fix: "Write --max-workers 2, say." },
    ],
    [
      "run branch.ts --store=",
      { message: '--store takes a folder; received "".', fix: "Name one, or leave the option out." },
    ],
    [
      "run branch.ts --store aws",
      { message: "`run` runs a flow on this machine, and --store aws is on AWS.", fix: "Leave the option out." },
    ],
    ["run none.ts", { message: "There is no file none.ts.", fix: "Give the path of a flow's file." }],
    ["check brokn.ts", { message: "There is no file brokn.ts.", fix: "Did you mean broken.ts?" }],
    ["check folder", { message: "A flow is a file, not a folder: folder.", fix: "Give the path of a flow's file." }],
    [
      "check notes.txt",
      {
        message: "notes.txt is no file that a flow is written in.",
        fix: "Give a .ts, .mts, .js or .mjs file with a class, or a .yaml or .json file.",
      },
    ],
    [
      "check other.ts",
      {
        message: "other.ts exports no flow: Other does not extend FlowSpec.",
        at: "other.ts",
        fix: "Export one: export default class Train extends FlowSpec { … }.",
      },
    ],
    [
      "check branch.ts#Train",
      { message: "branch.ts exports no flow Train.", at: "branch.ts", fix: "Name one: branch.ts#BranchFlow." },
    ],
    ["check \u001b[31mred.tx", { message: "There is no file \\x1b[31mred.tx.", fix: "Did you mean \\x1b[31mred.ts?" }],
    [
      "graph branch.ts --format png",
      { message: 'There is no format "png".', fix: "Name one of mermaid, dot, json, asl." },
    ],
    [
      "list --limit few",
      { message: '--limit takes a whole number above 0; received "few".', fix: "Write --limit 2, say." },
    ],
    ["logs BranchFlow", { message: '"BranchFlow" names no run, step or task.', fix: pathspec }],
    ["dump a/b/c/d/e", { message: '"a/b/c/d/e" names no run, step or task.', fix: pathspec }],
    [
      "logs FailFlow/latest --attempt 7",
      { message: "No task of FailFlow/RUN had an attempt 7.", fix: "The last one is 1, the first 0." },
    ],
  ])("%s", async (command, fault) => {
    expect(await folder.millrace(...command.split(" "))).toEqual(told(2, fault));
  });

  test("no command at all: the help, on standard error", async () => {
    const { stdout } = await folder.millrace("--help");
    expect(await folder.millrace()).toEqual({ code: 2, stdout: "", stderr: stdout });
  });
});

describe("what cannot be done ends with 1", () => {
  test.each<[command: string, fault: Fault]>([
    ["models get iris:none", { message: "There is no model iris:none.", fix: "The store has no models yet." }],
    [
      "check broken.ts",
      {
        message: 'broken.ts:2:8: Expected ";" but found ")"\n    start) {}\n         ^',
        at: "broken.ts:2",
        fix: "Correct the line.",
      },
    ],
    [
      "check throws.ts",
      {
        message: "throws.ts fails when it is imported: Error: no network",
        at: "throws.ts:2",
        fix: "Let the module only declare; what can fail belongs in a step.",
      },
    ],
    [
      "check option.ts",
      {
        message: "The step start: retry is a whole number from 0; received -1.",
        at: "option.ts:3",
        fix: "Let retry be a whole number from 0.",
      },
    ],
    [
      "run branch.ts --store notes.txt",
      {
        message: "The store DIR/notes.txt cannot be written to: EEXIST: file already exists, mkdir 'DIR/notes.txt'.",
        fix: choose,
      },
    ],
    [
      "run branch.ts --store notes.txt/x",
      {
        message: "The store DIR/notes.txt/x cannot be written to: EEXIST: file already exists, mkdir 'DIR/notes.txt'.",
        fix: choose,
      },
    ],
    [
      "run branch.ts --run-id-file none/id",
      {
        message: "The run's id cannot be written to none/id: ENOENT: no such file or directory, open 'none/id'.",
        fix: "Name a file that you may write, in a folder that is there.",
      },
    ],
    [
      "list --store none",
      {
        message: "There is no store in DIR/none.",
        at: "DIR/none/metadata.db",
        fix: "Run a flow first, or name the store's folder with MILLRACE_STORE.",
      },
    ],
    [
      "list BranchFlw",
      { message: 'There is no flow "BranchFlw".', fix: "Did you mean BranchFlow? There are BranchFlow, FailFlow." },
    ],
    ["logs BranchFlow/yesterday", { message: 'There is no run of BranchFlow "yesterday".', fix: "There is only RUN." }],
    [
      "logs BranchFlow/latest/jion",
      {
        message: 'There is no step of BranchFlow/RUN "jion".',
        fix: "Did you mean join? There are join, start, a, b, end.",
      },
    ],
    [
      "logs BranchFlow/latest/join/5",
      { message: 'There is no task of BranchFlow/RUN/join "5".', fix: "There is only 0." },
    ],
    [
      "dump BranchFlow/latest --artifact totl",
      {
        message: 'There is no artifact of BranchFlow/RUN/end/0 "totl".',
        fix: "Did you mean total? There are total, loud, scale, tag.",
      },
    ],
    [
      "dump FailFlow/latest/middle/0",
      {
        message: "FailFlow/RUN/middle/0 has no artifacts: TypeError: no such model",
        fix: "A task leaves artifacts when it succeeds.",
      },
    ],
  ])("%s", async (command, fault) => {
    expect(await folder.millrace(...command.split(" "))).toEqual(told(1, fault));
  });

  test("a graph with several faults: each is told", async () => {
    const faults = [
      {
        message: "a goes nowhere.",
        at: "faults.ts:4",
        fix: "Every step but end returns this.next(…) or this.foreach(…).",
      },
      { message: "end goes on to a.", at: "faults.ts:6", fix: "Rename it, and let the last step of all be end." },
    ];
    expect(await folder.millrace("run", "faults.ts")).toEqual(told(1, ...faults));
    expect(await folder.millrace("check", "faults.ts")).toEqual(told(1, ...faults));
  });

  test("a step that hides a transition: that alone is told", async () => {
    const fault = {
      message: 'A step cannot be named "next": every flow has a member of that name.',
      at: "hides.ts:4",
      fix: "Rename it.",
    };
    expect(await folder.millrace("check", "hides.ts")).toEqual(told(1, fault));
  });

  test("a module that ends the process, or never ends, while it is imported", async () => {
    const fix = "Let the module only declare: without process.exit(), and without an await that never ends.";
    const exits = told(1, { message: "exits.ts does not come to its end when it is imported.", fix });
    expect(await folder.millrace("check", "exits.ts")).toEqual({ ...exits, stderr: `here\n${exits.stderr}` });
    const waits = await folder.millrace("check", "waits.ts");
    const never = told(1, { message: "waits.ts does not come to its end when it is imported.", fix });
    expect(waits).toEqual(never);
    expect(await folder.millrace("run", "waits.ts")).toEqual(never);
  });
});

test("a flow that is still being imported ends with the signal", async () => {
  const importing = folder.start(["run", "lingers.ts"]);
  importing.stderr.once("readable", () => importing.kill("SIGTERM"));
  expect(await folder.ended(importing)).toEqual({ code: null, stdout: "", stderr: "here\n" });
});

describe("with --json a fault is one document on standard output", () => {
  test.each<[command: string, code: number, error: object]>([
    [
      "run branch.ts --scale two",
      2,
      { code: "PARAMETER", message: 'scale must be a number; received "two".', fix: declared },
    ],
    [
      "run",
      2,
      {
        code: "USAGE",
        message: "`run` needs the flow's file, before any parameter.",
        fix: "Write millrace run flow.ts --alpha 0.5, say.",
      },
    ],
    ["list --nope", 2, { code: "USAGE", message: "Unknown option '--nope'.", fix: help }],
    [
      "check throws.ts",
      1,
      {
        code: "FLOW_IMPORT",
        message: "throws.ts fails when it is imported: Error: no network",
        file: "throws.ts",
        line: 2,
        fix: "Let the module only declare; what can fail belongs in a step.",
      },
    ],
    [
      "check faults.ts",
      1,
      {
        code: "FLOW_CHECK",
        message: "Faults has 2 faults.",
        problems: [
          {
            code: "NO_TRANSITION",
            message: "a goes nowhere.",
            file: "faults.ts",
            line: 4,
            fix: "Every step but end returns this.next(…) or this.foreach(…).",
          },
          {
            code: "END_GOES_ON",
            message: "end goes on to a.",
            file: "faults.ts",
            line: 6,
            fix: "Rename it, and let the last step of all be end.",
          },
        ],
      },
    ],
  ])("%s", async (command, code, error) => {
    const ended = await folder.millrace(...command.split(" "), "--json");
    expect({ ...ended, stdout: JSON.parse(ended.stdout) }).toEqual({ code, stdout: { error }, stderr: "" });
  });
});

test("a stack trace is shown to whoever asks for it", async () => {
  const child = folder.start(["check", "throws.ts"], { MILLRACE_DEBUG: "1" });
  expect((await folder.ended(child)).stderr).toMatch(
    /^error: .*\n {2}at throws\.ts:2\n {2}fix: .*\nMillraceError: .*\n {4}at /s,
  );
});

test.each(["run", "check", "graph"])("%s makes no store where there is no flow", async (command) => {
  const empty = new Folder();
  try {
    expect((await empty.millrace(command, "none.ts")).code).toBe(2);
    expect(readdirSync(empty.path)).toEqual(["node_modules"]);
  } finally {
    empty.remove();
  }
});
