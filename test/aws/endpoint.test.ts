import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { fitSoftmax } from "../../examples/iris-classifier/softmax.ts";
import { sha256, sign } from "../../lib/aws/signature.ts";
import { openClient } from "../../lib/client/index.ts";
import { clientConfig, deployStack, type Outputs } from "./support/deploy.ts";
import { Requests } from "./support/emulator.ts";

const isInstalled = spawnSync("aws", ["--version"]).status === 0;
if (!isInstalled) console.warn("Endpoints are not deployed: the AWS CLI is missing. Install it: pip install awscli");

const app = "examples/iris-classifier/app.ts";
const flower = [5.1, 3.5, 1.4, 0.2];
let scratch: string;
let outputs: Outputs;

/** Puts a version into the store that calls the flower by a name, and lets `iris:production` mean it. */
async function train(name: string): Promise<string> {
  const model = fitSoftmax([flower, [6.3, 3.3, 6, 2.5]], [name, "other"], { epochs: 100, learningRate: 0.1 });
  await using client = await openClient({ folder: join(scratch, "store"), create: true });
  const { version } = await client.models.save("iris", model);
  await client.models.setAlias("iris", "production", `iris:${version}`);
  return version;
}

async function promote(version: string): Promise<void> {
  await using client = await openClient({ folder: join(scratch, "store") });
  await client.models.setAlias("iris", "production", `iris:${version}`);
}

async function deploy(file = app): Promise<Outputs> {
  return await deployStack(inject("aws"), { app: file, env: { MILLRACE_STORE: join(scratch, "store") } });
}

/** As a user would, with the AWS CLI; the answer is what it writes to its file. */
async function aws(...args: readonly string[]): Promise<string> {
  const answer = join(scratch, "answer");
  await promisify(execFile)("aws", [...args, answer], { env: { ...process.env, ...inject("aws").env } });
  return await readFile(answer, "utf8");
}

async function invoke(rows: unknown, name = String(outputs.IrisEndpoint?.EndpointName)): Promise<unknown> {
  const body = join(scratch, "body.json");
  await writeFile(body, JSON.stringify(rows));
  const request = ["--endpoint-name", name, "--content-type", "application/json", "--body", `fileb://${body}`];
  return JSON.parse(await aws("sagemaker-runtime", "invoke-endpoint", ...request));
}

/** A request to the function's URL, signed as by whoever may use it. */
async function post(path: string, rows: unknown): Promise<Response> {
  const url = new URL(`${outputs.IrisFunction?.Url}${path}`);
  const body = JSON.stringify(rows);
  const request = { method: "POST", url, headers: { "content-type": "application/json" }, bodyHash: sha256(body) };
  const { credentials, region } = clientConfig(inject("aws"));
  const headers = sign(request, credentials, "lambda", region, new Date());
  return await fetch(url, { method: "POST", headers, body });
}

describe.skipIf(!isInstalled)("a model on AWS", () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "millrace-endpoint-"));
    await train("setosa");
    outputs = await deploy();
  });
  afterAll(() => rm(scratch, { recursive: true }));

  it("on an endpoint answers as it was packed", async () => {
    expect(await invoke([flower])).toEqual(["setosa"]);
  });

  it("on Lambda answers whoever signs a request to its address", async () => {
    const answer = await post("predict", [flower]);
    expect([answer.status, await answer.json()]).toEqual([200, ["setosa"]]);
    expect((await post("predict", [[1, 2, 3]])).status).toBe(400);
    const unsigned = await fetch(`${outputs.IrisFunction?.Url}predict`, { method: "POST", body: "[]" });
    expect(unsigned.status).toBe(403);
  });

  it("is the new version after the alias has moved and the app is deployed again", async () => {
    await train("versicolor");
    await deploy();
    expect(await invoke([flower])).toEqual(["versicolor"]);
  });

  it("has its image built in AWS where there is no Docker, once for each version", async () => {
    const file = "test/aws/fixtures/codebuild-app.ts";
    const requests = new Requests(inject("aws").endpoint);
    await requests.clear();
    const first = await train("setosa");
    const { BuiltInAws } = await deploy(file);
    expect(await invoke([flower], BuiltInAws?.EndpointName)).toEqual(["setosa"]);
    await train("virginica");
    await deploy(file);
    expect(await invoke([flower], BuiltInAws?.EndpointName)).toEqual(["virginica"]);
    await promote(first);
    await deploy(file);
    expect(await invoke([flower], BuiltInAws?.EndpointName)).toEqual(["setosa"]);
    const logins = (await requests.list()).filter(({ operation }) => operation === "GetAuthorizationToken");
    expect(logins).toHaveLength(2);
  });
});
