import { awsLambdaFastify } from "@fastify/aws-lambda";
import type { LightMyRequestResponse } from "fastify";
import type { ServiceClass } from "../service/model-service.ts";
import { startService } from "../service/parts.ts";
import { createApp } from "./app.ts";
import { RequestError } from "./errors.ts";
import { createLogger } from "./logger.ts";
import { loadBundle } from "./main.ts";

/** A request as a function URL or an HTTP API gives it (payload format 2.0), and the answer that they take. */
export type LambdaHandler = (event: unknown, context: unknown) => Promise<unknown>;

/** What a bundle's `lambda.mjs` does: the server's routes, asked by Lambda's events instead of a socket. */
export async function lambdaHandler(Service: ServiceClass, folder: string): Promise<LambdaHandler> {
  const { service, description, version } = await loadBundle(Service, folder, false);
  const log = createLogger(description.name, "info");
  const app = createApp(service, { description, version, isOpen: () => true, log });
  app.addHook("onRequest", async ({ url }) => {
    if (/^(?:\/[^/]+)?\/jobs(?:[/?]|$)/.test(url)) throw noJobs();
  });
  await startService(service);
  await app.ready();
  return awsLambdaFastify(app, {
    // An HTTP API may have the service below a path: the rest is what the service is asked.
    pathParameterUsedAsPath: "proxy",
    decorateRequest: false,
    parseCommaSeparatedQueryParams: false,
    enforceBase64: isBinary,
  }) as LambdaHandler;
}

/** Lambda's answers are text; what is none travels as Base64. */
function isBinary({ headers }: LightMyRequestResponse): boolean {
  const [type = ""] = String(headers["content-type"] ?? "").split(";");
  return !/^(?:text\/.+|application\/(?:json|xml|.+\+json|.+\+xml))$/.test(type.trim().toLowerCase());
}

/** A function is frozen between its requests, and each has a disk of its own. */
function noJobs(): RequestError {
  return new RequestError(501, "NO_JOBS", "A service on Lambda answers at once: it has no jobs.", {
    fix: "Ask the API itself, or deploy the service to an asynchronous endpoint.",
  });
}
