import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PythonObject } from "../../lib/data/python-object.ts";
import { Tensor } from "../../lib/data/tensor.ts";
import { nodeVersion } from "../../lib/model/bundle/documents.ts";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { PythonModel } from "../../lib/model/runners/python-model.ts";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { type LoadedService, loadService } from "../../lib/model/service/load.ts";
import type { ServiceClass } from "../../lib/model/service/model-service.ts";
import { Counted } from "./fixtures/counted.ts";

const run = promisify(execFile);
const words = resolve("test/python/fixtures/words.py");
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-python-services-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function load(target: string): Promise<LoadedService> {
  return loadService(target, { cacheDir: join(scratch, "cache") });
}

async function start(target: string): Promise<Server> {
  const { service } = await load(target);
  const description = describeService(service.constructor as ServiceClass);
  return await serve({ service, description, version: "1.0.0" }, { port: 0, logLevel: "silent" });
}

/** A folder with one file. */
async function write(name: string, code: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, "service-"));
  await writeFile(join(folder, name), code);
  return join(folder, name);
}

function ask({ url }: Server, path: string, body: unknown, type = "application/json"): Promise<Response> {
  const content = type === "application/json" ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer>);
  return fetch(`${url}/${path}`, { method: "POST", body: content, headers: { "content-type": type } });
}

describe("a service in Python", () => {
  let server: Server;
  beforeAll(async () => {
    server = await start(words);
  });
  afterAll(() => server.close());
  const answer = async (path: string, body: unknown) => (await ask(server, path, body)).json();

  it("is described by its hints", async () => {
    const { paths } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
    const schema = (api: string) => paths[`/${api}`].post.requestBody.content["application/json"]?.schema;
    expect(schema("score")).toEqual({
      type: "object",
      properties: {
        words: { type: "array", items: { type: "string" }, minItems: 1 },
        mode: { enum: ["sum", "max"] },
      },
      required: ["words"],
    });
    expect(schema("join")).toEqual({
      type: "object",
      properties: { left: { type: "string" }, right: { type: "string" }, by: { type: "string" } },
      required: ["left", "right"],
    });
    expect(paths["/score"].post.responses[200].content["application/json"].schema).toEqual({
      type: "object",
      properties: { score: { type: "number" } },
      required: ["score"],
    });
    expect(Object.keys(paths["/describe"].post.requestBody.content)).toEqual([
      "application/octet-stream",
      "*/*",
      "multipart/form-data",
    ]);
  });

  it("answers with its models and those of its parts", async () => {
    expect(await answer("score", { words: ["good", "fine", "odd"] })).toEqual({ score: 4 });
    expect(await answer("score", { words: ["good", "fine"], mode: "max" })).toEqual({ score: 3 });
    expect(await answer("join", { left: "a", right: "b" })).toBe("a-b");
    expect(await answer("join", { left: "a", right: "b", by: "+" })).toBe("a+b");
  });

  it("refuses what its hints do not take, and names the place", async () => {
    const response = await ask(server, "score", { words: ["a", 1] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: {
        code: "INVALID_INPUT",
        message: "The input at .words[1] is not what score takes: Invalid input: expected string, received number.",
      },
    });
    expect((await ask(server, "score", { words: [] })).status).toBe(400);
    expect((await ask(server, "score", "x", "text/plain")).status).toBe(415);
  });

  it("takes and gives text, bytes and files", async () => {
    expect(await (await ask(server, "shout", "hello", "text/plain")).text()).toBe("HELLO");
    const bytes = Uint8Array.of(1, 2, 10, 0);
    const reversed = await ask(server, "reverse", bytes, "application/octet-stream");
    expect(reversed.headers.get("content-type")).toBe("application/octet-stream");
    expect(new Uint8Array(await reversed.arrayBuffer())).toEqual(bytes.toReversed());
    const described = await fetch(`${server.url}/describe`, {
      method: "POST",
      body: "a,b",
      headers: { "content-type": "text/csv", "content-disposition": 'attachment; filename="table.csv"' },
    });
    expect(await described.json()).toEqual({ name: "table.csv", type: "text/csv", content: "a,b" });
  });

  it("has its rows batched; those of the others are answered where one raises", async () => {
    const answers = await Promise.all([["a", "bcd"], ["bad"], ["ef"]].map((rows) => ask(server, "lengths", rows)));
    expect(answers.map(({ status }) => status)).toEqual([200, 500, 200]);
    const [first, second, third] = await Promise.all(answers.map((response) => response.json()));
    expect([first, third]).toEqual([[1, 3], [2]]);
    expect(JSON.stringify(second)).not.toMatch(/hunter2|ValueError|words\.py/);
  });

  it("refuses a request with a status and a code of its own", async () => {
    const response = await ask(server, "refuse", "rain");
    expect([response.status, response.headers.get("retry-after")]).toEqual([422, "3"]);
    expect(await response.json()).toMatchObject({ error: { code: "NOT_TODAY", message: "Not today: rain." } });
  });

  it("fails where it returns what its hint, or JSON, does not have", async () => {
    expect((await ask(server, "liar", "x")).status).toBe(500);
    expect((await ask(server, "nan", "x")).status).toBe(500);
  });

  it("is told when nobody waits any more", async () => {
    const file = join(scratch, "cancelled");
    expect((await ask(server, "hold", file)).status).toBe(504);
    await expect.poll(() => existsSync(file)).toBe(true);
    expect(await answer("join", { left: "a", right: "b" })).toBe("a-b");
  });

  it("answers side by side where a method is async", async () => {
    const answers = await Promise.all([0.3, 0.3, 0.3].map((seconds) => answer("together", seconds)));
    expect(answers).toEqual([3, 3, 3]);
  });

  it("has jobs", async () => {
    const job = JSON.parse(await (await ask(server, "join/jobs", { left: "a", right: "b" })).text());
    await expect.poll(async () => (await fetch(`${server.url}/jobs/${job.id}/result`)).text()).toBe('"a-b"');
  });
});

describe("a Python process", () => {
  let server: Server | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it("that dies fails its request, is not ready, and is started again", async () => {
    server = await start(words);
    const { url } = server;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const [died, waiting] = await Promise.all([ask(server, "die", "SIGSEGV"), ask(server, "together", 5)]);
    expect([died.status, waiting.status]).toEqual([500, 500]);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    const refused = await ask(server, "join", { left: "a", right: "b" });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "RESTARTING" } });
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
    expect(await (await ask(server, "score", { words: ["good"] })).json()).toEqual({ score: 3 });
  });

  it("runs the service's hooks before it ends", async () => {
    const file = join(scratch, "stopped");
    process.env.WORDS_STOPPED = file;
    server = await start(words);
    delete process.env.WORDS_STOPPED;
    await server.close();
    server = undefined;
    expect(await readFile(file, "utf8")).toBe("stopped");
  });
});

describe("a service in Python that cannot run says why:", () => {
  it("a model without a value", async () => {
    const file = await write("service.py", bare("model = artifact()"));
    await expect(start(file)).rejects.toMatchObject({ code: "NOT_PACKED" });
  });

  it("a package that is not installed", async () => {
    const file = await write("service.py", `import no_such_package\n${bare("x = 1")}`);
    await expect(load(file)).rejects.toMatchObject({
      code: "PYTHON_PACKAGE",
      message: expect.stringMatching(/^The service needs the module no_such_package, which \S+ does not have\.$/),
      fix: expect.stringContaining("pip install"),
    });
  });

  it("an environment that is not known before the file is imported", async () => {
    const file = await write("service.py", bare("requirements = [*COMMON]"));
    await expect(load(file)).rejects.toMatchObject({
      code: "PYTHON_SERVICE",
      message: expect.stringMatching(/service\.py cannot be read: requirements in line 4 is no literal\.$/),
      fix: expect.stringContaining("Write it out"),
    });
  });

  it("code that raises, with its line", async () => {
    const file = await write("service.py", `${bare("x = 1")}\nraise ValueError("wrong")`);
    await expect(load(file)).rejects.toMatchObject({
      code: "PYTHON_SERVICE",
      message: expect.stringMatching(/service\.py", line \d+, in <module>[\s\S]*ValueError: wrong$/),
    });
  });

  it("a hint that JSON has nothing for, an option that is wrong, no service, several", async () => {
    const hint = await write("service.py", bare("@api\n    def f(self, x: complex) -> int: ..."));
    await expect(load(hint)).rejects.toMatchObject({
      code: "SERVICE",
      message: "The input of Service.f has no JSON Schema: complex is no type that JSON has.",
    });
    const option = await write(
      "service.py",
      bare('@api(batch={"max_size": 0})\n    def f(self, x: list) -> list: ...'),
    );
    await expect(load(option)).rejects.toMatchObject({ code: "API_OPTIONS" });
    await expect(load(await write("service.py", "x = 1"))).rejects.toMatchObject({
      code: "SERVICE_FILE",
      message: "service.py has no service.",
    });
    const several = await write("service.py", `${bare("x = 1")}\nclass Other(Service): ...\nclass Third(Service): ...`);
    await expect(load(several)).rejects.toMatchObject({
      message: "service.py has several services.",
      fix: "Name one: service.py#Service or service.py#Other or service.py#Third.",
    });
    expect((await load(`${several}#Other`)).service.constructor.name).toBe("Other");
  });

  it("a hook that raises", async () => {
    const file = await write("service.py", bare('def on_startup(self): raise RuntimeError("no licence")'));
    await expect(start(file)).rejects.toMatchObject({ message: expect.stringContaining("RuntimeError: no licence") });
  });
});

function bare(body: string): string {
  return `from millrace.model import ModelService, api, artifact

class Service(ModelService):
    ${body}

    @api
    def g(self, x: int) -> int:
        return x
`;
}

describe("the bundle of a service in Python", () => {
  let bundle: string;
  const save = async (name: string) => {
    const { service, file } = await load(`${words}#Words`);
    return await saveBundle(service, join(scratch, name), { file });
  };
  beforeAll(async () => {
    bundle = await save("words");
  });

  it("has its files, models and what runs them, with the same bytes each time", async () => {
    const manifest = JSON.parse(await readFile(join(bundle, "millrace-bundle.json"), "utf8"));
    expect(manifest).toMatchObject({
      name: "words",
      service: "Words",
      python: { file: "words.py", version: expect.stringMatching(/^3\.\d+$/), requirements: [] },
      models: [
        { name: "bias", file: "models/bias", codec: "json", type: "number" },
        { name: "counter.weights", file: "models/counter.weights", codec: "json", type: "Object" },
      ],
    });
    expect(Object.keys(manifest.files)).toEqual(
      expect.arrayContaining(["python/words.py", "python/millrace/model/process.py", "requirements.txt", "server.mjs"]),
    );
    const again = await readFile(join(await save("again"), "millrace-bundle.json"), "utf8");
    expect(JSON.parse(again)).toEqual(manifest);
    expect(await readFile(join(bundle, "Dockerfile"), "utf8")).toBe(
      `ARG NODE_IMAGE=public.ecr.aws/docker/library/node:${nodeVersion}-slim
ARG PYTHON_IMAGE=public.ecr.aws/docker/library/python:${manifest.python.version}-slim

FROM \${NODE_IMAGE} AS node

FROM \${PYTHON_IMAGE}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production PORT=3000 MILLRACE_PYTHON=/usr/local/bin/python3
WORKDIR /opt/service
COPY requirements.txt .
RUN pip install --no-cache-dir --root-user-action=ignore --requirement requirements.txt
COPY . .
RUN python3 -m compileall -q python
USER 65534:65534
EXPOSE 3000 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \\
  CMD ["node", "server.mjs", "health"]
ENTRYPOINT ["node", "server.mjs"]
CMD ["--host", "0.0.0.0"]
`,
    );
  });

  it("is a package for Node with a typed API", async () => {
    expect(await readFile(join(bundle, "index.d.mts"), "utf8")).toContain(
      '  score(input: { "words": string[]; "mode"?: "sum" | "max" }): Promise<{ "score": number }>;\n',
    );
    const program = `import { load } from ${JSON.stringify(join(bundle, "index.mjs"))};
      const service = await load();
      console.log(JSON.stringify(await service.score({ words: ["good"] })));
      await service.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: scratch });
    expect(stdout).toBe('{"score":3}\n');
  });

  it("is refused where a file was changed", async () => {
    const folder = join(scratch, "changed");
    await cp(bundle, folder, { recursive: true });
    await writeFile(join(folder, "python/words.py"), "import this");
    const failed = run(process.execPath, [join(folder, "server.mjs"), "--port", "0"]);
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("BUNDLE_CHANGED") });
  });

  it("is a wheel: an in-process API and a command, installed without an index", async () => {
    const python = process.env.MILLRACE_PYTHON || "python3";
    const venv = join(scratch, "venv");
    const wheels = join(scratch, "wheels");
    await run(python, ["-m", "venv", venv]);
    await mkdir(wheels);
    const pip = ["-m", "pip", "--disable-pip-version-check"];
    const build = (to: string) =>
      run(join(venv, "bin/python"), [...pip, "wheel", "--no-index", "--no-deps", "--wheel-dir", to, bundle]);
    await build(wheels);
    await build(join(scratch, "wheels-again"));
    const { version } = JSON.parse(await readFile(join(bundle, "package.json"), "utf8"));
    const name = `words-${version.replace("-", "+")}-py3-none-any.whl`;
    expect(await readFile(join(wheels, name))).toEqual(await readFile(join(scratch, "wheels-again", name)));
    await run(join(venv, "bin/python"), [...pip, "install", "--no-index", join(wheels, name)]);
    const { stdout } = await run(join(venv, "bin/python"), ["-c", 'import words; print(words.load().join("a", "b"))'], {
      cwd: scratch,
    });
    expect(stdout).toContain("a-b\n");
    const { stderr } = await run(join(venv, "bin/words"), ["--port", "x"], { cwd: scratch }).catch((error) => error);
    expect(stderr).toContain("--port is a whole number");
  });
});

/** What is the same in Python and here. */
const crossing = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, null, true, 2 ** 60),
    fc.bigInt({ min: 2n ** 53n }),
    fc.string({ unit: "binary" }),
    fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.int16Array(),
    fc.bigInt64Array(),
    fc.array(tie("value")),
    fc.dictionary(fc.oneof(fc.string(), fc.constant("$type")), tie("value")),
    fc.array(fc.tuple(fc.string(), tie("value"))).map((entries) => new Map(entries)),
    fc.array(fc.string()).map((members) => new Set(members)),
  ),
})).value;

describe("a service in TypeScript with a model of Python's", () => {
  /** What an expression of Python gives. */
  const pickled = async (expression: string) => {
    const file = join(scratch, "model");
    const code = `import pickle, collections; pickle.dump(${expression}, open(${JSON.stringify(file)}, "wb"))`;
    await run(process.env.MILLRACE_PYTHON || "python3", ["-c", code]);
    return new PythonObject("object", await readFile(file));
  };
  const weights = async () => {
    const { bytes } = await pickled("collections.Counter(a=2, b=1)");
    return new PythonObject("collections.Counter", bytes);
  };

  it("asks it in a process of its own, also in a bundle", async () => {
    const service = new Counted().pack("model", await weights());
    expect(await service.count("a")).toBe(2);
    await service.model.close();
    const folder = await service.save(join(scratch, "counted"));
    const manifest = JSON.parse(await readFile(join(folder, "millrace-bundle.json"), "utf8"));
    expect(manifest).toMatchObject({
      models: [{ name: "model", codec: "pickle", type: "collections.Counter" }],
      python: { version: expect.stringMatching(/^3\.\d+$/), requirements: [] },
    });
    const program = `import { load } from ${JSON.stringify(join(folder, "index.mjs"))};
      const service = await load(); console.log(await service.count("b")); await service.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: scratch });
    expect(stdout).toBe("1\n");
  });

  it("gives and gets values as they are", async () => {
    const echo = new PythonModel(await pickled("__import__('copy').copy"));
    const isSame = async (value: unknown) => {
      expect(await echo.predict(value)).toEqual(value);
    };
    await fc.assert(fc.asyncProperty(crossing, isSame));
    await echo.close();
  });

  it("gets what JSON has no words for, and is told what cannot cross", async () => {
    const numbers = new PythonModel(await pickled("float"));
    expect(await numbers.predict("nan")).toBe(Number.NaN);
    expect(await numbers.predict("-inf")).toBe(Number.NEGATIVE_INFINITY);
    await expect(numbers.predict([() => 1])).rejects.toThrow("model[1][0] is a function, which cannot be stored");
    await numbers.close();
    const iterators = new PythonModel(await pickled("iter"));
    await expect(iterators.predict([1])).rejects.toThrow(
      "predict returned what TypeScript does not have: a list_iterator",
    );
    await iterators.close();
  });

  it("is tried again after it could not be opened", async () => {
    const before = process.env.MILLRACE_PYTHON;
    const model = new PythonModel(await pickled("len"));
    process.env.MILLRACE_PYTHON = join(scratch, "no-python");
    await expect(model.open()).rejects.toMatchObject({ code: "PYTHON_MISSING" });
    if (before === undefined) delete process.env.MILLRACE_PYTHON;
    else process.env.MILLRACE_PYTHON = before;
    expect(await model.predict("abc")).toBe(3);
    await model.close();
  });

  it("does not start where Python cannot read it", async () => {
    const service = new Counted().pack("model", new PythonObject("Lost", Buffer.from("no pickle")));
    const served = { service, description: describeService(Counted), version: "1.0.0" };
    await expect(serve(served, { port: 0, logLevel: "silent" })).rejects.toMatchObject({
      code: "MODEL",
      message: expect.stringMatching(/^The model model cannot be read: /),
    });
  });
});

const hasSklearn = spawnSync("/usr/bin/python3", ["-c", "import sklearn"]).status === 0;

describe.skipIf(!hasSklearn)("scikit-learn (apt-get install python3-sklearn)", () => {
  const before = process.env.MILLRACE_PYTHON;
  beforeAll(() => {
    process.env.MILLRACE_PYTHON = "/usr/bin/python3";
  });
  afterAll(() => {
    if (before === undefined) delete process.env.MILLRACE_PYTHON;
    else process.env.MILLRACE_PYTHON = before;
  });

  it("is packed and saved by a Python program, with what is installed pinned, and served", async () => {
    const folder = await mkdtemp(join(scratch, "iris-"));
    await cp("examples/iris-svm/service.py", join(folder, "service.py"));
    const program = `
from sklearn.datasets import load_iris
from sklearn.svm import SVC
from service import IrisClassifier
service = IrisClassifier().pack("model", SVC(gamma="scale").fit(*load_iris(return_X_y=True)))
print(service.predict([[5.1, 3.5, 1.4, 0.2]]))
print(service.save("bundle"))
`;
    const env = { ...process.env, PYTHONPATH: resolve("lambdas/python") };
    const { stdout } = await run("/usr/bin/python3", ["-c", program], { cwd: folder, env });
    expect(stdout).toBe(`[0]\n${join(folder, "bundle")}\n`);
    expect(await readFile(join(folder, "bundle/requirements.txt"), "utf8")).toMatch(
      /^numpy==\S+\n(?:\S+\n)*scikit-learn==\S+\n/,
    );
    const served = `import { load } from ${JSON.stringify(join(folder, "bundle/index.mjs"))};
      const service = await load(); console.log(JSON.stringify(await service.predict([[5.1, 3.5, 1.4, 0.2], [6, 3, 5, 2]])));
      await service.predict([[1, 2]]).catch((error) => console.log(error.message)); await service.close();`;
    const answered = await run(process.execPath, ["--input-type=module", "-e", served], { env: process.env });
    expect(answered.stdout).toBe(
      "[0,2]\nThe input at [0] is not what predict takes: Too small: expected array to have >=4 items.\n",
    );
  });

  it("is asked by a service in TypeScript: arrays for arrays, tensors for tensors", async () => {
    const file = join(scratch, "svc");
    const program = `
import pickle
from sklearn.datasets import load_iris
from sklearn.svm import SVC
rows, kinds = load_iris(return_X_y=True)
clf = SVC(gamma="scale", probability=True, random_state=0).fit(rows, kinds)
named = SVC(gamma="scale").fit(rows, load_iris().target_names[kinds])
for name, model in (("numbers", clf), ("names", named)):
    pickle.dump(model, open(${JSON.stringify(file)} + name, "wb"))
`;
    await run("/usr/bin/python3", ["-c", program]);
    const svc = async (name: string) =>
      new PythonModel(new PythonObject("sklearn.svm.SVC", await readFile(`${file}${name}`)));
    const [numbers, names] = [await svc("numbers"), await svc("names")];
    const rows = [
      [5.1, 3.5, 1.4, 0.2],
      [6, 3, 5, 2],
    ];
    const tensor = new Tensor(Float32Array.from(rows.flat()), [2, 4]);
    expect(await numbers.predict(rows)).toEqual([0, 2]);
    expect(await numbers.predict(tensor)).toEqual(BigInt64Array.of(0n, 2n));
    expect(await names.predict(rows)).toEqual(["setosa", "virginica"]);
    expect(await names.predict(tensor)).toEqual(["setosa", "virginica"]);
    const probabilities = await numbers.call<number[][]>("predict_proba", rows);
    expect(probabilities.map((row) => row.map(Math.round))).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const { data, shape } = await numbers.call<Tensor<Float64Array>>("predict_proba", tensor);
    expect([data.constructor, shape]).toEqual([Float64Array, [2, 3]]);
    await expect(numbers.predict([[1, Number.NaN, 3, 4]])).rejects.toThrow("Input X contains NaN");
    await Promise.all([numbers.close(), names.close()]);
  });
});
