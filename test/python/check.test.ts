import { describe, expect, test } from "vitest";
import { Folder } from "../bin/command.ts";
import { FlowFolder, faultsOf, flowSource } from "../flow/flow-folder.ts";

const steps = `
def load(flow):
    """Reads the rows.

    More of it.
    """
    flow.rows = [1, 2]

def train(flow):
    if flow.alpha > 0:
        flow.model = sum(flow.rows) * flow.alpha
    else:
        flow.model = 0

def join(flow, inputs):
    flow.best = max(item.model for item in inputs)

def nothing():
    pass
`;

function folder(body: string, python = steps): FlowFolder {
  return new FlowFolder({ "flow.ts": flowSource(body), "train.py": python });
}

const fields =
  "readonly alpha = parameter.number({ default: 1 });\nrows = artifact<number[]>();\nmodel = artifact<number>();";

describe("a class with steps in Python", () => {
  test("has in its definition what the Python source tells", async () => {
    const flow = folder(`${fields} best = artifact<number>();
  static python = { requirements: ["numpy"] };
  @step start() { return this.next(this.load); }
  @step({ python: "train.py", pythonVersion: "3.13" }) load() { return this.foreach(this.rows, this.fit, { max: 10 }); }
  /** Fits. */
  @step({ python: "./train.py:train", retry: 1 }) fit(row: number) { return this.next(this.join); }
  @step({ python: "train.py" }) join(inputs: ForeachInputs<F>) { return this.next(this.end); }
  @step end() {}`);
    const { definition } = await flow.load();
    const file = flow.file("flow.ts");
    expect(definition.steps).toMatchObject({ start: { body: { kind: "method" } } });
    expect(definition.steps.load).toEqual({
      body: { kind: "python", python: "train.py:load", environment: { pythonVersion: "3.13" } },
      transitions: [{ kind: "foreach", body: "fit", items: "rows", max: 10, line: 8 }],
      reads: [],
      writes: ["rows"],
      doc: "Reads the rows.",
      file,
      line: 8,
    });
    expect(definition.steps.fit).toEqual({
      body: { kind: "python", python: "train.py:train", environment: { requirements: ["numpy"] } },
      transitions: [{ kind: "next", steps: ["join"], line: 10 }],
      reads: ["rows"],
      writes: ["model"],
      retry: { times: 1, interval: 1, backoff: 2 },
      doc: "Fits.",
      file,
      line: 10,
    });
    expect(definition.steps.join).toMatchObject({ inputs: true, inputReads: ["model"], reads: [], writes: ["best"] });
  });

  test("may have files beside it that are called as modules of Python", async () => {
    const here = new Folder()
      .write("flow.yaml", "name: F\nsteps:\n  start: { python: s.py, next: end }\n  end: { python: s.py }\n")
      .write("s.py", "def start(flow): pass\ndef end(flow): pass\n")
      .write("json.py", "");
    try {
      expect(await here.json("check", "flow.yaml")).toEqual({ flow: "F", steps: ["start", "end"] });
    } finally {
      here.remove();
    }
  });

  test("is read again when its Python file changes", async () => {
    const flow = folder(`${fields}
  @step start() { return this.next(this.load); }
  @step({ python: "train.py" }) load() { return this.next(this.end); }
  @step end() {}`);
    await flow.load();
    flow.write("train.py", "def load(flow):\n    flow.model = 1\n");
    expect((await flow.load()).definition.steps.load?.writes).toEqual(["model"]);
  });

  test("chooses by the names of steps", async () => {
    const { definition } = await folder(
      `${fields}
  @step start() { return this.next(this.load); }
  @step({ python: "train.py" }) load() { return this.alpha > 0 ? this.next(this.load) : this.next(this.end); }
  @step end() {}`,
      'def load(flow):\n    return "load" if flow.alpha else "end"\n',
    ).load();
    expect(definition.steps.load?.transitions.map((way) => way.kind === "next" && way.steps)).toEqual([
      ["load"],
      ["end"],
    ]);
  });
});

describe("is refused with file, line and fix:", () => {
  const linear = (option: string, more = "") => `${fields}${more}
  @step start() { return this.next(this.train); }
  @step({ python: ${JSON.stringify(option)} }) train() { return this.next(this.end); }
  @step end() {}`;

  test.each([
    [
      "a file that is not there",
      linear("trian.py"),
      ":7 PYTHON_FILE: train names the file .*trian.py, which is not there. Did you mean train.py\\?",
    ],
    [
      "a function that is not there",
      linear("train.py:trian"),
      ":7 PYTHON_FUNCTION: train names the function trian, which .*train.py does not have. Did you mean train\\?",
    ],
    ["a function without arguments", linear("train.py:nothing"), ":18 PYTHON_ARGUMENTS: nothing takes 0 arguments"],
    ["an artifact that is not set on the way", linear("train.py"), ":7 UNSET_ARTIFACT: train reads rows"],
    [
      "inputs where there is no join",
      linear("train.py:join", " best = artifact<number>();"),
      ":6 NO_BRANCHES: start goes to train, which declares inputs",
    ],
  ])("%s", async (_, body, expected) => {
    const [fault, ...others] = await faultsOf(folder(body));
    expect(fault).toMatch(new RegExp(expected));
    expect(others).toEqual([]);
  });

  test.each([
    ["a syntax error", "def train(flow):\n    return (\n", "PYTHON_SYNTAX: .*was never closed"],
    [
      "an artifact that the flow does not declare",
      "def train(flow):\n    flow.modle = 1\n",
      ":2 UNKNOWN_ARTIFACT: train sets flow.modle, .* Did you mean model\\?",
    ],
    [
      "an artifact that the flow does not declare, to read",
      "def train(flow):\n    flow.model = flow.row\n",
      ":2 UNKNOWN_ARTIFACT: train reads flow.row, .* Did you mean rows\\?",
    ],
    ["a parameter that is set", "def train(flow):\n    flow.alpha = 1\n", ":2 PARAMETER_WRITE: train sets alpha"],
    [
      "a step that the function can't go to",
      'def train(flow):\n    return "edn"\n',
      ':2 PYTHON_CHOICE: train returns "edn", and train goes to end. Did you mean "end"\\?',
    ],
  ])("%s", async (_, python, expected) => {
    const [fault, ...others] = await faultsOf(folder(linear("train.py"), python));
    expect(fault).toMatch(new RegExp(expected));
    expect(others).toEqual([]);
  });

  test.each([
    ["one that is made when the file is imported", "from functools import partial\ntrain = partial(print, 1)\n"],
    ["one of another module", "from models import train\n"],
    ["one of all that another module has", "from models import *\n"],
    [
      "one of several",
      "import sys\nif sys.platform == 'linux':\n    def train(flow): pass\nelse:\n    def train(flow): pass\n",
    ],
  ])("but not a function that only running the file would tell: %s", async (_, python) => {
    const { definition } = await folder(linear("train.py"), python).load();
    expect(definition.steps.train).toMatchObject({ reads: "all", writes: [] });
  });

  test("a start in Python leaves an artifact unset: its first line is where a value can come from", async () => {
    const flow = folder(
      `model = artifact<number>();
  @step({ python: "train.py" }) start() { return this.next(this.end); }
  @step({ python: "train.py" }) end() {}`,
      "def start(flow):\n    for at in range(3):\n        flow.model = at\n\ndef end(flow):\n    print(flow.model)\n",
    );
    expect(await faultsOf(flow)).toEqual([
      expect.stringContaining(
        "end reads model, which is not set on the way start, end. Set it in a step before, on every way through it, as in the first line of start: flow.model = ….",
      ),
    ]);
  });

  test("a join whose function takes no inputs", async () => {
    const flow = folder(
      `${fields}
  @step start() { return this.next(this.a, this.b); }
  @step a() { return this.next(this.join); }
  @step b() { return this.next(this.join); }
  @step({ python: "train.py" }) join(inputs: Inputs<F, "a" | "b">) { return this.next(this.end); }
  @step end() {}`,
      "def join(flow):\n    pass\n",
    );
    expect(await faultsOf(flow)).toEqual([expect.stringContaining(":1 PYTHON_ARGUMENTS: join takes 1 arguments; ")]);
  });

  test("a choice that the function never makes", async () => {
    const flow = folder(
      `${fields}
  @step start() { return this.next(this.load); }
  @step({ python: "train.py" }) load() { return this.alpha > 0 ? this.next(this.load) : this.next(this.end); }
  @step end() {}`,
      "def load(flow):\n    pass\n",
    );
    expect(await faultsOf(flow)).toEqual([
      expect.stringContaining(":1 PYTHON_CHOICE: load returns nothing, and load goes to load and end."),
    ]);
  });

  test("a start in Python with first values, which are TypeScript's", async () => {
    const flow = folder(
      `rows = [1];\n  @step({ python: "train.py:load" }) start() { return this.next(this.end); }\n  @step end() {}`,
    );
    expect(await faultsOf(flow)).toEqual([expect.stringContaining("PYTHON_START: start runs in Python")]);
  });

  test("a foreach over what is no artifact", async () => {
    const flow = folder(`${fields}
  @step start() { return this.next(this.load); }
  @step({ python: "train.py" }) load() { return this.foreach([1], this.fit); }
  @step fit(row: number) { return this.next(this.join); }
  @step join(inputs: ForeachInputs<F>) { return this.next(this.end); }
  @step end() {}`);
    expect(await faultsOf(flow)).toEqual([expect.stringContaining("FOREACH_ITEMS: load runs in Python")]);
  });

  test.each([
    ['{ python: "../train.py" }', "not below the folder"],
    ['{ python: "train" }', "python is a file"],
    ['{ requirements: ["numpy"] }', "requirements is an option of a step with python"],
    ['{ python: "train.py", requirements: [""] }', "requirements is a list of packages"],
    ['{ python: "train.py", requirements: ["--index-url=http://x"] }', "requirements is a list of packages"],
    ['{ python: "train.py", pythonVersion: "2.7" }', 'pythonVersion is a version such as "3.13"; received "2.7"'],
    ['{ compute: { kind: "lambda", package: "image" } }', 'package is "image", of a Python step'],
  ])("the option %s", async (options, message) => {
    const flow = folder(`@step(${options} as any) start() { return this.next(this.end); }\n  @step end() {}`);
    await expect(flow.load()).rejects.toMatchObject({
      code: "STEP_OPTIONS",
      message: expect.stringContaining(message),
    });
  });
});

test("a Python that is not there is told by its name", async () => {
  const known = process.env.MILLRACE_PYTHON;
  process.env.MILLRACE_PYTHON = "/no/such/python";
  try {
    const flow = folder(`@step({ python: "train.py:load" }) start() { return this.next(this.end); }\n  @step end() {}`);
    await expect(flow.load()).rejects.toMatchObject({
      code: "PYTHON_MISSING",
      message: expect.stringContaining("/no/such/python"),
    });
  } finally {
    if (known === undefined) delete process.env.MILLRACE_PYTHON;
    else process.env.MILLRACE_PYTHON = known;
  }
});
