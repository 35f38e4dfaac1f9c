import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openClient } from "../../lib/client/index.ts";
import { builtOnce } from "../../lib/environment/cache.ts";
import { interpreterOf } from "../../lib/environment/interpreter.ts";
import { runFlow } from "../../lib/run/run-flow.ts";
import { FlowFolder } from "../flow/flow-folder.ts";
import { writeWheel } from "./support/wheel.ts";

let scratch: string;
let cache: string;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "environment-"));
  cache = join(scratch, "cache");
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", join(scratch, "wheels"));
  await writeWheel(join(scratch, "wheels"), "greeting", "1.0", 'TEXT = "hello"\n');
  await writeWheel(join(scratch, "wheels"), "greeting", "2.0", 'TEXT = "hello again"\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

/** A flow whose two steps tell what they import, and who they are run by. */
function flowWith(environment: string, step = ""): FlowFolder {
  return new FlowFolder({
    "flow.yaml": `name: Tell
artifacts: [text, program]
python: ${environment}
steps:
  start: { python: steps.py, next: end }
  end: { python: steps.py${step} }
`,
    "steps.py": `
import sys

def start(flow):
    import greeting
    flow.text = greeting.TEXT
    flow.program = sys.executable

def end(flow):
    pass
`,
  });
}

async function artifactsOf(flow: FlowFolder): Promise<Record<string, unknown>> {
  const store = join(flow.path, "store");
  const run = await runFlow(await flow.load("flow.yaml"), { store });
  expect(run.failure).toBeUndefined();
  const client = await openClient({ folder: store });
  const end = await (await client.flow("Tell").run(run.run)).step("start").task();
  const values = await Promise.all(end.artifacts().map(async (artifact) => [artifact.name, await artifact.value()]));
  await client.close();
  return Object.fromEntries(values);
}

function environments(): string[] {
  return readdirSync(join(cache, "millrace", "environments")).filter((name) => !name.includes("."));
}

describe("an environment with requirements", () => {
  test("has them, wherever pip's settings say that they are, and is built once", async () => {
    const first = await artifactsOf(flowWith('{ requirements: ["greeting==1.0"] }'));
    const second = await artifactsOf(flowWith('{ requirements: ["greeting==1.0"] }'));

    expect(first.text).toBe("hello");
    expect(second).toEqual(first);
    expect(first.program).toBe(join(cache, "millrace", "environments", String(environments()[0]), "bin", "python"));
    expect(environments()).toHaveLength(1);
  });

  test("is another one where a requirements file, or one that it refers to, says something else", async () => {
    vi.stubEnv("PIP_FIND_LINKS", "");
    const flow = flowWith("{ requirements: requirements.txt }");
    flow.write("requirements.txt", `--find-links ${join(scratch, "wheels")}\n-r more/base.txt\n`);
    flow.write("more/base.txt", "greeting==1.0\n");
    expect((await artifactsOf(flow)).text).toBe("hello");

    flow.write("more/base.txt", "greeting==2.0\n");
    expect((await artifactsOf(flow)).text).toBe("hello again");
    expect(environments()).toHaveLength(2);
  });

  test("that can't be had is an error with pip's reason before anything runs, and leaves nothing", async () => {
    const flow = flowWith('{ requirements: ["greeting==3.0"] }');
    const store = join(flow.path, "store");
    const loaded = await flow.load("flow.yaml");
    await expect(runFlow(loaded, { store })).rejects.toMatchObject({
      code: "PYTHON_ENVIRONMENT",
      message: expect.stringMatching(
        /^The Python environment with greeting==3\.0 cannot be built:\n {2}Could not find a version .*greeting==3\.0/,
      ),
      fix: expect.stringContaining("PIP_INDEX_URL"),
    });
    expect(environments()).toEqual([]);
    expect(existsSync(store)).toBe(false);
  });

  test("of a file that is not there is an error with its path", async () => {
    const flow = flowWith("{ requirements: requirments.txt }");
    await expect(runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store") })).rejects.toMatchObject({
      code: "PYTHON_ENVIRONMENT",
      message: expect.stringContaining(join(flow.path, "requirments.txt")),
    });
  });
});

describe("what is built once", () => {
  test("is built by one of those who want it at the same time", async () => {
    let builds = 0;
    const build = async (folder: string) => {
      builds++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      mkdirSync(folder);
      writeFileSync(join(folder, "content"), "complete");
    };
    const folders = await Promise.all([1, 2, 3].map(() => builtOnce("things", ["a"], build)));

    expect(builds).toBe(1);
    expect(new Set(folders).size).toBe(1);
    expect(readFileSync(join(String(folders[0]), "content"), "utf8")).toBe("complete");
  });

  test("is built anew where a builder died half-way", async () => {
    const build = async (folder: string) => {
      mkdirSync(folder);
      writeFileSync(join(folder, "content"), "complete");
    };
    const folder = await builtOnce("things", ["b"], build);
    rmSync(join(folder, ".complete"));
    writeFileSync(join(folder, "content"), "half");

    expect(await builtOnce("things", ["b"], build)).toBe(folder);
    expect(readFileSync(join(folder, "content"), "utf8")).toBe("complete");
  });
});

describe("the interpreter", () => {
  test("that is named runs the step, and nothing is installed", async () => {
    const { program } = await interpreterOf("python3");
    const python = join(scratch, "my-python");
    writeFileSync(python, `#!/bin/sh\nexport PYTHONPATH="${scratch}:$PYTHONPATH"\nexec ${program} "$@"\n`);
    chmodSync(python, 0o755);
    const flow = flowWith(`{ interpreter: ${python}, requirements: ["greeting==3.0"] }`);
    flow.write("greeting.py", 'TEXT = "beside the flow"\n');

    expect(await artifactsOf(flow)).toEqual({ text: "beside the flow", program });
  });

  test.each([
    ["{ interpreter: /no/such/python }", "PYTHON_MISSING", "/no/such/python"],
    ['{ pythonVersion: "3.99" }', "PYTHON_VERSION", "A step needs Python 3.99; python3 is Python 3."],
  ])("%s is an error before anything runs", async (environment, code, message) => {
    const flow = flowWith(environment);
    await expect(runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store") })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});

describe("an environment of conda", () => {
  test("is made by micromamba where that is on the path, with requirements by pip", async () => {
    const bin = join(scratch, "bin");
    const log = join(scratch, "log");
    mkdirSync(bin);
    const { program } = await interpreterOf("python3");
    writeFileSync(
      join(bin, "micromamba"),
      `#!/bin/sh\necho "$@" > ${log}\nwhile [ "$1" != --prefix ]; do shift; done\nexec ${program} -m venv "$2"\n`,
    );
    chmodSync(join(bin, "micromamba"), 0o755);
    vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);

    const { text, program: used } = await artifactsOf(
      flowWith('{ conda: ["numpy=2"], requirements: ["greeting==1.0"], pythonVersion: "3.12" }'),
    );
    const prefix = join(cache, "millrace", "environments", String(environments()[0]));
    expect(text).toBe("hello");
    expect(used).toBe(join(prefix, "bin", "python"));
    expect(readFileSync(log, "utf8")).toBe(
      `create --yes --prefix ${prefix} --channel conda-forge python=3.12 numpy=2\n`,
    );
  });

  test("without any of the programs is an error that names them", async () => {
    const { program } = await interpreterOf("python3");
    vi.stubEnv("MILLRACE_PYTHON", program);
    const flow = flowWith('{ conda: ["numpy"] }');
    const loaded = await flow.load("flow.yaml");
    vi.stubEnv("PATH", scratch);
    await expect(runFlow(loaded, { store: join(flow.path, "store") })).rejects.toMatchObject({
      code: "PYTHON_ENVIRONMENT",
      message: expect.stringContaining("None of micromamba, mamba and conda is on the path."),
    });
  });
});
