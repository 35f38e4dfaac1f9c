import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

type Build = Readonly<Record<string, unknown>>;

/** What CodeBuild says of the build each time that it is asked; the last stays. */
let builds: Build[];
let started: unknown[];
let answers: unknown[];
let server: Server;
let url: string;
let handler: (request: never, context: { getRemainingTimeInMillis(): number }) => Promise<void>;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = JSON.parse((await text(request)) || "{}");
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1);
    if (request.method === "PUT") answers.push({ type: request.headers["content-type"], ...body });
    if (operation === "StartBuild") started.push(body);
    const build = builds.length > 1 && operation === "BatchGetBuilds" ? builds.shift() : builds[0];
    response.end(JSON.stringify(operation === "StartBuild" ? { build: { id: "p:1" } } : { builds: [build] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("AWS_ENDPOINT_URL", url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  ({ handler } = (await import("../../../lambdas/build-image.ts")) as never);
});
afterAll(() => server.close());
beforeEach(() => {
  started = [];
  answers = [];
});

function ask(RequestType: string, remaining = 60_000): Promise<void> {
  const ids = { StackId: "stack", RequestId: "request-1", LogicalResourceId: "Built" };
  const request = {
    ...ids,
    RequestType,
    ResponseURL: url,
    ResourceProperties: { Project: "p", Image: "repository:tag" },
  };
  return handler(request as never, { getRemainingTimeInMillis: () => remaining });
}

const answered = {
  StackId: "stack",
  RequestId: "request-1",
  LogicalResourceId: "Built",
  PhysicalResourceId: "repository:tag",
};

test("an image is there when its build has succeeded", async () => {
  builds = [{ buildStatus: "IN_PROGRESS" }, { buildStatus: "SUCCEEDED" }];
  await ask("Create");
  expect(started).toEqual([{ projectName: "p", idempotencyToken: "request-1" }]);
  // The URL is signed for a request without a content type.
  expect(answers).toEqual([{ type: undefined, ...answered, Status: "SUCCESS" }]);
});

test("a build that fails fails the deployment, with why and where the log is", async () => {
  const contexts = [{ message: "Error while executing command: docker build. Reason: exit status 1" }];
  builds = [
    {
      buildStatus: "FAILED",
      phases: [
        { phaseType: "INSTALL", phaseStatus: "SUCCEEDED" },
        { phaseType: "BUILD", phaseStatus: "FAILED", contexts },
      ],
      logs: { groupName: "group", streamName: "stream" },
    },
  ];
  await ask("Update");
  expect(answers).toEqual([
    {
      ...answered,
      Status: "FAILED",
      Reason:
        "repository:tag was not built: Error while executing command: docker build. Reason: exit status 1. The log is group, stream stream.",
    },
  ]);
});

test("a build that takes longer than the function may wait fails the deployment", async () => {
  builds = [{ buildStatus: "IN_PROGRESS" }];
  await ask("Create", 10_000);
  expect(answers).toEqual([
    { ...answered, Status: "FAILED", Reason: "repository:tag takes too long to build: see p:1." },
  ]);
});

test("nothing is built when the image is not needed any more", async () => {
  await ask("Delete");
  expect([started, answers]).toEqual([[], [{ ...answered, Status: "SUCCESS" }]]);
});
