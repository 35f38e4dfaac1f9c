import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { fitSoftmax } from "../../examples/iris-classifier/softmax.ts";
import { sha256, sign } from "../../lib/aws/signature.ts";
import { openClient } from "../../lib/client/index.ts";
import { clientConfig, deployStack, type Outputs } from "./support/deploy.ts";

const app = "examples/iris-classifier/app.ts";
const flower = [5.1, 3.5, 1.4, 0.2];
let scratch: string;
let outputs: Outputs;

/** Puts a version into the store that calls the flower by a name, and lets `iris:production` mean it. */
async function train(name: string): Promise<void> {
  const model = fitSoftmax([flower, [6.3, 3.3, 6, 2.5]], [name, "other"], { epochs: 100, learningRate: 0.1 });
  await using client = await openClient({ folder: join(scratch, "store"), create: true });
  const { version } = await client.models.save("iris", model);
  await client.models.setAlias("iris", "production", `iris:${version}`);
}

async function deploy(): Promise<Outputs> {
  return await deployStack(inject("aws"), { app, env: { MILLRACE_STORE: join(scratch, "store") } });
}

/** As a user would, with the AWS CLI; the answer is what it writes to its file. */
async function aws(...args: readonly string[]): Promise<string> {
  const answer = join(scratch, "answer");
  await promisify(execFile)("aws", [...args, answer], { env: { ...process.env, ...inject("aws").env } });
  return await readFile(answer, "utf8");
}

async function invoke(rows: unknown): Promise<unknown> {
  const body = join(scratch, "body.json");
  await writeFile(body, JSON.stringify(rows));
  const name = String(outputs.IrisEndpoint?.EndpointName);
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

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-endpoint-"));
  await train("setosa");
  outputs = await deploy();
});
afterAll(() => rm(scratch, { recursive: true }));

test("a deployed endpoint answers with the model that was packed", async () => {
  expect(await invoke([flower])).toEqual(["setosa"]);
});

test("a deployment after the alias has moved answers with the new version", async () => {
  await train("versicolor");
  await deploy();
  expect(await invoke([flower])).toEqual(["versicolor"]);
});

test("the same service on Lambda answers at its address whoever signs the request", async () => {
  const answer = await post("predict", [flower]);
  expect([answer.status, await answer.json()]).toEqual([200, ["versicolor"]]);
  expect((await post("predict", [[1, 2, 3]])).status).toBe(400);
  const unsigned = await fetch(`${outputs.IrisFunction?.Url}predict`, { method: "POST", body: "[]" });
  expect(unsigned.status).toBe(403);
});
