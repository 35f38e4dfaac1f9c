import { randomUUID } from "node:crypto";
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onResponseHookHandler,
} from "fastify";
import { isMillraceError } from "../../errors.ts";
import { apisOf } from "../service/apis.ts";
import type { ServiceDescription } from "../service/description.ts";
import type { ModelService, ServiceClass } from "../service/model-service.ts";
import { bodyOf } from "./body.ts";
import { Endpoint } from "./endpoint.ts";
import { isRequestError, RequestError } from "./errors.ts";
import { addJobRoutes } from "./jobs/routes.ts";
import { Metrics } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { page } from "./page.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface AppOptions {
  readonly description: ServiceDescription;
  readonly version: string;
  /** Whether requests may come: after the start-up, before the shutdown. */
  readonly isReady: () => boolean;
  /** `debug` has a line for each request, `info` for each that was refused. Default `info`. */
  readonly logLevel?: LogLevel;
}

/** The HTTP side of a service; it is not listening yet. */
export function createApp(service: ModelService, options: AppOptions): FastifyInstance {
  const { description, version, isReady, logLevel = "info" } = options;
  const app = Fastify({
    logger: { level: logLevel, base: { service: description.name } },
    // A logger of its own for each request would be a tenth of a small request's time: lines name the request themselves.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: ({ headers }) => requestId(headers["x-request-id"]),
    return503OnClosing: true,
  });
  // Bodies are read as they are: each API knows its content types.
  app.removeAllContentTypeParsers();
  // JSON by its name too, which is found sooner.
  app.addContentTypeParser(["application/json", "*"], { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    const known = description.apis.map(({ name }) => `POST /${name}`).join(", ");
    throw new RequestError(404, "NOT_FOUND", `There is no ${request.method} ${request.url.split("?")[0]}.`, {
      fix: `The service has ${known}; GET /openapi.json tells more.`,
    });
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });

  const endpoints = new Map<string, Endpoint>();
  const metrics = new Metrics(description.name, () =>
    Array.from(endpoints, ([name, { inProgress }]) => [name, inProgress] as const),
  );
  for (const api of apisOf(service.constructor as ServiceClass)) {
    const rows = api.batch === undefined ? undefined : metrics.batchRows.labels({ api: api.name });
    const endpoint = new Endpoint(api, service, rows && ((count) => rows.observe(count)));
    endpoints.set(api.name, endpoint);
    const observe = metrics.requestObserver(api.name);
    const onResponse: onResponseHookHandler = (_request, { statusCode, elapsedTime }, done) => {
      observe(statusCode, elapsedTime / 1000);
      done();
    };
    const route = { bodyLimit: api.maxBody, onResponse };
    app.post(`/${api.name}`, route, (request, reply) => answer(endpoint, request, reply));
  }
  addJobRoutes(app, endpoints.values());
  app.addHook("onResponse", (request, reply, done) => {
    const { statusCode: status, elapsedTime: milliseconds } = reply;
    if (status >= 400 || logLevel === "debug") {
      const { id: requestId, method, url } = request;
      const line = { requestId, method, url, status, milliseconds };
      if (status < 400) request.log.debug(line, "answered");
      else request.log.info(line, "refused");
    }
    done();
  });

  const document = JSON.stringify(openapi(description, version), null, 2);
  app.get("/openapi.json", (_request, reply) => reply.type("application/json").send(document));
  app.get("/", (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
      .send(page(description, version)),
  );
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => answerReady(reply));
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  // SageMaker's contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
  app.get("/ping", (_request, reply) => answerReady(reply));
  app.post("/invocations", { bodyLimit: Math.max(...description.apis.map(({ maxBody }) => maxBody)) }, invoke);
  return app;

  function answerReady(reply: FastifyReply): FastifyReply {
    return isReady() ? reply.send({ status: "ok" }) : reply.code(503).send({ status: "not ready" });
  }

  function invoke(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const endpoint = invoked(endpoints, request.headers["x-amzn-sagemaker-custom-attributes"]);
    return answer(endpoint, request, reply);
  }
}

async function answer(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { type, body } = await endpoint.answer(bodyOf(request));
  return reply.header("content-type", type).send(body);
}

/** The API that SageMaker's one route means: the attribute `api=NAME`, else the first. */
function invoked(endpoints: ReadonlyMap<string, Endpoint>, attributes: string | string[] | undefined): Endpoint {
  const [, name] = /(?:^|[,;\s])api=(\w+)/.exec(String(attributes ?? "")) ?? [];
  const [first] = endpoints.values();
  const endpoint = name === undefined ? first : endpoints.get(name);
  if (endpoint !== undefined) return endpoint;
  throw new RequestError(404, "NOT_FOUND", `The service has no API ${name}.`, {
    fix: `Name one of ${[...endpoints.keys()].join(", ")}: CustomAttributes "api=NAME".`,
  });
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, message, fix, issues, retryAfter } = told(error, request);
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  const { id: requestId } = request;
  return reply.code(status).send({ error: { code, message, fix, issues, requestId } });
}

/** What of an error a client is told; the log has all of it. */
function told(error: unknown, request: FastifyRequest): RequestError {
  if (isRequestError(error)) return error;
  const { code } = error as { code?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    const { bodyLimit } = request.routeOptions;
    return new RequestError(413, "TOO_LARGE", `The body is larger than ${bodyLimit} bytes.`, {
      fix: "Send fewer rows at a time.",
    });
  }
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 && error instanceof Error) {
    return new RequestError(statusCode, "BAD_REQUEST", error.message, { cause: error });
  }
  request.log.error(
    { requestId: request.id, err: error, ...(isMillraceError(error) && { fix: error.fix }) },
    "the service failed",
  );
  return new RequestError(500, "INTERNAL", "The service failed to answer.", {
    fix: "The service's log has the reason, under the request's id.",
  });
}

/** The client's id where it is one that can stand in a log; else a new one. */
function requestId(header: string | string[] | undefined): string {
  return typeof header === "string" && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}
