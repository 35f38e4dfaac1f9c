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
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openClient } from "../../lib/client/index.ts";
import { builtOnce } from "../../lib/environment/cache.ts";
import { interpreterOf } from "../../lib/environment/interpreter.ts";
import type { RunEvent } from "../../lib/run/events.ts";
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
  const end = await (await client.flow("Tell").run(run.run)).step("end").task();
  const values = await Promise.all(end.artifacts().map(async (artifact) => [artifact.name, await artifact.value()]));
  await client.close();
  return Object.fromEntries(values);
}

/** A program on the path, in the shell's words; the answer is the file that has the command lines with which it was called. */
function writeProgram(name: string, script: string): string {
  const bin = join(scratch, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> "$0.log"\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  return join(bin, `${name}.log`);
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

  test("is another one where a package that is named by a path is, or has something else in it", async () => {
    const requirements = "{ requirements: requirements.txt }";
    const [one, other] = [flowWith(requirements), flowWith(requirements)];
    for (const [flow, text] of [
      [one, "one"],
      [other, "other"],
    ] as const) {
      await writeWheel(join(flow.path, "own"), "greeting", "1.0", `TEXT = "${text}"\n`);
      flow.write("requirements.txt", "./own/greeting-1.0-py3-none-any.whl  # ours\n");
    }
    expect((await artifactsOf(one)).text).toBe("one");
    expect((await artifactsOf(other)).text).toBe("other");

    await writeWheel(join(one.path, "own"), "greeting", "1.0", 'TEXT = "changed"\n');
    expect((await artifactsOf(one)).text).toBe("changed");
    expect(environments()).toHaveLength(3);
  });

  test("is told of while it is built", async () => {
    const events: RunEvent[] = [];
    for (let time = 0; time < 2; time++) {
      const flow = flowWith('{ requirements: ["greeting==1.0"] }');
      await runFlow(await flow.load("flow.yaml"), {
        store: join(flow.path, "store"),
        onEvent: (event) => events.push(event),
      });
    }
    expect(events[0]).toEqual({ type: "environment-building", packages: "greeting==1.0" });
    expect(events.filter(({ type }) => type === "environment-building")).toHaveLength(1);
  });

  test("has them from an index of one's own, which PIP_INDEX_URL names", async () => {
    vi.stubEnv("PIP_NO_INDEX", "");
    vi.stubEnv("PIP_FIND_LINKS", "");
    const asked: string[] = [];
    const index = createServer(async ({ url = "" }, response) => {
      asked.push(url);
      if (url.endsWith(".whl")) response.end(await readFile(join(scratch, "wheels", basename(url))));
      else if (url === "/simple/greeting/")
        response
          .setHeader("content-type", "text/html")
          .end('<a href="/greeting-1.0-py3-none-any.whl">greeting-1.0-py3-none-any.whl</a>');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => index.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = index.address() as AddressInfo;
      vi.stubEnv("PIP_INDEX_URL", `http://127.0.0.1:${port}/simple`);
      vi.stubEnv("no_proxy", "127.0.0.1");
      expect((await artifactsOf(flowWith('{ requirements: ["greeting"] }'))).text).toBe("hello");
      expect(asked).toEqual(["/simple/greeting/", "/greeting-1.0-py3-none-any.whl"]);
    } finally {
      index.close();
    }
  });

  test("is made by uv where that is on the path, with pip's settings under the names that uv has for them", async () => {
    const { program } = await interpreterOf("python3");
    const log = writeProgram(
      "uv",
      `case "$1" in
venv) exec ${program} -m venv "$4" ;;
pip) echo "links $UV_FIND_LINKS, index $UV_DEFAULT_INDEX, more $UV_INDEX, none $UV_NO_INDEX" >> "$0.log"
  exec "$4" -m pip install -r "$6" ;;
esac`,
    );
    vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    vi.stubEnv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:9/more");

    const { text, program: used } = await artifactsOf(
      flowWith('{ requirements: ["greeting==1.0"], pythonVersion: "3.12" }'),
    );
    const environment = join(cache, "millrace", "environments", String(environments()[0]));
    expect(text).toBe("hello");
    expect(used).toBe(join(environment, "bin", "python"));
    expect(readFileSync(log, "utf8").trim().split("\n")).toEqual([
      `venv --python 3.12 ${environment}`,
      `pip install --python ${join(environment, "bin", "python")} -r ${join(environment, "requirements.txt")}`,
      `links ${join(scratch, "wheels")}, index http://127.0.0.1:9/simple, more http://127.0.0.1:9/more, none 1`,
    ]);
  });

  test("that uv can't have is an error with uv's reason", async () => {
    writeProgram("uv", `echo "  x No solution found: greeting was not found in the package registry" >&2; exit 1`);
    const flow = flowWith('{ requirements: ["greeting==3.0"] }');
    await expect(runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store") })).rejects.toMatchObject({
      code: "PYTHON_ENVIRONMENT",
      message:
        "The Python environment with greeting==3.0 cannot be built:\n    x No solution found: greeting was not found in the package registry",
    });
    expect(environments()).toEqual([]);
  });

  test("of a step's own takes the place of the flow's", async () => {
    const flow = flowWith('{ requirements: ["greeting==1.0"] }', ', requirements: ["greeting==2.0"]');
    flow.write(
      "steps.py",
      "import greeting\n\ndef start(flow):\n    flow.text = greeting.TEXT\n\ndef end(flow):\n    flow.program = greeting.TEXT\n",
    );
    expect(await artifactsOf(flow)).toEqual({ text: "hello", program: "hello again" });
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
    ['{ pythonVersion: "3.99" }', "PYTHON_VERSION", "Python 3.99 is asked for; python3 is Python 3."],
  ])("%s is an error before anything runs", async (environment, code, message) => {
    const flow = flowWith(environment);
    await expect(runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store") })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});

describe("an environment of conda", () => {
  const madeByVenv = async (options = "") => {
    const { program } = await interpreterOf("python3");
    return `while [ "$1" != --prefix ]; do shift; done\nexec ${program} -m venv ${options} "$2"`;
  };

  test.each([
    ["micromamba", (prefix: string, file: string) => `create --yes --prefix ${prefix} --file ${file}`],
    ["mamba", (prefix: string, file: string) => `env create --yes --prefix ${prefix} --file ${file}`],
    ["conda", (prefix: string, file: string) => `env create --yes --prefix ${prefix} --file ${file}`],
  ])("of a file is made by %s, anew where the file changes", async (name, command) => {
    const log = writeProgram(name, await madeByVenv("--without-pip"));
    const flow = flowWith("{ conda: environment.yml }");
    flow.write("steps.py", "def start(flow):\n    pass\n\ndef end(flow):\n    pass\n");
    flow.write("environment.yml", "dependencies: [numpy]\n");
    await artifactsOf(flow);
    await artifactsOf(flow);
    expect(environments()).toHaveLength(1);
    const prefix = join(cache, "millrace", "environments", String(environments()[0]));
    expect(readFileSync(log, "utf8")).toBe(`${command(prefix, join(flow.path, "environment.yml"))}\n`);

    flow.write("environment.yml", "dependencies: [numpy, scipy]\n");
    await artifactsOf(flow);
    expect(environments()).toHaveLength(2);
  });

  test("that can't be had is an error with the program's reason", async () => {
    writeProgram("micromamba", 'echo "error    libmamba Could not solve for environment specs" >&2; exit 1');
    const flow = flowWith('{ conda: ["nowhere"] }');
    await expect(runFlow(await flow.load("flow.yaml"), { store: join(flow.path, "store") })).rejects.toMatchObject({
      code: "PYTHON_ENVIRONMENT",
      message: expect.stringContaining("libmamba Could not solve for environment specs"),
    });
  });

  test("is made by micromamba where that is on the path, with requirements by pip", async () => {
    const log = writeProgram("micromamba", await madeByVenv());

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
