import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { apisOf } from "../service/apis.ts";
import type { ServiceDescription } from "../service/description.ts";
import type { ModelService, ServiceClass } from "../service/model-service.ts";
import { isServiceReady } from "../service/parts.ts";
import { ApiRoute } from "./api-route.ts";
import { readBody } from "./body.ts";
import { metricsText, tellPart } from "./cluster/metrics.ts";
import { Connections, connectionOptions, type ReceiveTimeouts } from "./connections.ts";
import { Endpoint } from "./endpoint.ts";
import { RequestError, stopping } from "./errors.ts";
import { addJobRoutes } from "./jobs/routes.ts";
import { Metrics } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { page, pagePolicy } from "./page/page.ts";
import { refuse } from "./refusal.ts";
import { requestId } from "./request-id.ts";

export interface AppOptions {
  readonly description: ServiceDescription;
  readonly version: string;
  /** Whether requests may come: after the start-up, before the shutdown. */
  readonly isOpen: () => boolean;
  readonly log: Logger;
  readonly receiveTimeouts?: ReceiveTimeouts;
}

/** The HTTP side of a service; it is not listening yet. */
export function createApp(service: ModelService, options: AppOptions): FastifyInstance {
  const { description, version, isOpen, log, receiveTimeouts } = options;
  const app = Fastify({
    ...connectionOptions(receiveTimeouts),
    genReqId: ({ headers }) => requestId(headers["x-request-id"]),
    // Refused by ourselves, with a Retry-After.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => refuse(error, request, reply, log),
  });
  const connections = new Connections(app.server, receiveTimeouts);
  app.addHook("preClose", (done) => {
    connections.drain();
    done();
  });
  // Bodies are read as they are: each API knows its content types.
  app.removeAllContentTypeParsers();
  // JSON by its name too, which is found sooner.
  app.addContentTypeParser(["application/json", "*"], readBody);
  app.setErrorHandler((error, request, reply) => void refuse(error, request, reply, log));
  app.setNotFoundHandler(({ method, url }, reply) => {
    const [path = ""] = url.split("?");
    const allowed = ["GET", "POST"].filter((method) => app.hasRoute({ method, url: path }));
    const fix = `The service has ${description.apis.map(({ name }) => `POST /${name}`).join(", ")}; GET /openapi.json tells more.`;
    if (allowed.length === 0) throw new RequestError(404, "NOT_FOUND", `There is no ${method} ${path}.`, { fix });
    reply.header("allow", allowed.join(", "));
    throw new RequestError(405, "METHOD_NOT_ALLOWED", `${path} takes ${allowed.join(", ")}; received ${method}.`, {
      fix,
    });
  });
  app.addHook("onRequest", (request, reply, done) => {
    connections.begin(request.raw);
    reply.header("x-request-id", request.id);
    if (request.method === "POST" && !isOpen()) done(stopping());
    else done();
  });
  app.addHook("onSend", (request, _reply, _body, done) => {
    connections.end(request.raw);
    done();
  });

  const routes = new Map<string, ApiRoute>();
  const metrics = new Metrics(description.name, () =>
    Array.from(routes, ([name, { endpoint }]) => [name, endpoint.inProgress] as const),
  );
  const stopTelling = tellPart(metrics.registry);
  for (const api of apisOf(service.constructor as ServiceClass)) {
    const rows = api.batch === undefined ? undefined : metrics.batchRows.series({ api: api.name });
    const endpoint = new Endpoint(api, service, rows && ((count) => rows.observe(count)));
    const route = new ApiRoute(endpoint, connections, metrics.requestObserver(api.name), isOpen, log);
    routes.set(api.name, route);
    app.post(`/${api.name}`, { bodyLimit: api.maxBody, errorHandler: route.refuse }, route.handle);
  }
  addJobRoutes(
    app,
    Array.from(routes.values(), ({ endpoint }) => endpoint),
    log,
  );

  const document = JSON.stringify(openapi(description, version), null, 2);
  app.get("/openapi.json", (_request, reply) => reply.type("application/json").send(document));
  const html = page(description, version);
  app.get("/", (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", pagePolicy)
      .header("x-content-type-options", "nosniff")
      .send(html),
  );
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => answerReady(reply));
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metricsText(metrics.registry)),
  );
  app.addHook("onClose", async () => stopTelling());
  // SageMaker's contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
  app.get("/ping", (_request, reply) => answerReady(reply));
  app.post("/invocations", { bodyLimit: Math.max(...description.apis.map(({ maxBody }) => maxBody)) }, invoke);
  return app;

  function answerReady(reply: FastifyReply): FastifyReply {
    const isReady = isOpen() && isServiceReady(service);
    return isReady ? reply.send({ status: "ok" }) : reply.code(503).send({ status: "not ready" });
  }

  function invoke(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined {
    return invoked(routes, request.headers["x-amzn-sagemaker-custom-attributes"]).handle(request, reply);
  }
}

/** The API that SageMaker's one route means: the attribute `api=NAME`, else the first. */
function invoked(routes: ReadonlyMap<string, ApiRoute>, attributes: string | string[] | undefined): ApiRoute {
  const [, name] = /(?:^|[,;\s])api=(\w+)/.exec(String(attributes ?? "")) ?? [];
  const [first] = routes.values();
  const route = name === undefined ? first : routes.get(name);
  if (route !== undefined) return route;
  throw new RequestError(404, "NOT_FOUND", `The service has no API ${name}.`, {
    fix: `Name one of ${[...routes.keys()].join(", ")}: CustomAttributes "api=NAME".`,
  });
}
