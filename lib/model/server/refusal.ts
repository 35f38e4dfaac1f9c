import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isMillraceError } from "../../errors.ts";
import { isRequestError, RequestError } from "./errors.ts";

/**
 * Answers with what of an error a client is told; the log has all of it.
 *
 * @param milliseconds Since the request was there.
 * @returns The status.
 */
export function refuse(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
  milliseconds?: number,
): number {
  const { status, code, message, fix, issues, retryAfter } = told(error, request, log);
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  const { id: requestId, method, url } = request;
  reply.code(status).send({ error: { code, message, fix, issues, requestId } });
  log.info({ requestId, method, url, status, milliseconds, code, reason: message }, "refused");
  return status;
}

function told(error: unknown, request: FastifyRequest, log: Logger): RequestError {
  if (isRequestError(error)) return error;
  const { statusCode } = error as { readonly statusCode?: unknown };
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 && error instanceof Error) {
    return new RequestError(statusCode, "BAD_REQUEST", error.message, { cause: error });
  }
  const fix = isMillraceError(error) ? { fix: error.fix } : {};
  log.error({ requestId: request.id, err: error, ...fix }, "the service failed");
  return new RequestError(500, "INTERNAL", "The service failed to answer.", {
    fix: "The service's log has the reason, under the request's id.",
  });
}
