import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Content } from "../service/media.ts";
import { bodyOf } from "./body.ts";
import { Call } from "./call.ts";
import type { Connections } from "./connections.ts";
import { disposition } from "./disposition.ts";
import type { Endpoint } from "./endpoint.ts";
import { RequestError } from "./errors.ts";
import { isPromise } from "./maybe-promise.ts";
import { refuse } from "./refusal.ts";

/** Is told of each answer. */
export type Observe = (status: number, seconds: number) => void;

/**
 * The route of an API. It counts and logs its answers itself, and sends those that are none of an error: the framework's hooks and its reply take
 * longer than a small model does.
 */
export class ApiRoute {
  readonly endpoint: Endpoint;
  readonly #connections: Connections;
  readonly #observe: Observe;
  readonly #isOpen: () => boolean;
  readonly #log: Logger;
  readonly #logsAnswers: boolean;

  /**
   * @param connections Are told of each answer that is sent.
   * @param isOpen Whether further requests may come.
   */
  constructor(endpoint: Endpoint, connections: Connections, observe: Observe, isOpen: () => boolean, log: Logger) {
    this.endpoint = endpoint;
    this.#connections = connections;
    this.#isOpen = isOpen;
    this.#observe = observe;
    this.#log = log;
    this.#logsAnswers = log.isLevelEnabled("debug");
  }

  readonly handle = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
    const began = performance.now();
    const call = new Call();
    try {
      const answered = this.endpoint.answer(bodyOf(request), call);
      if (!isPromise(answered)) return void this.#send(answered, began, request, reply);
      reply.raw.once("close", () => {
        if (!reply.raw.writableEnded) call.abandon(new RequestError(499, "CLIENT_GONE", "The client has gone."));
      });
      return answered.then(
        (content) => this.#send(content, began, request, reply),
        (error) => this.#refuse(error, began, request, reply),
      );
    } catch (error) {
      return void this.#refuse(error, began, request, reply);
    }
  };

  /** Of a request that does not come as far as to be handled. */
  readonly refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    this.#refuse(error, performance.now(), request, reply);
  };

  #send({ type, body, name }: Content, began: number, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const headers = [
      "x-request-id",
      request.id,
      "content-type",
      type,
      "content-length",
      String(Buffer.byteLength(body)),
    ];
    // The client is not to send the next one to a server that ends.
    if (!this.#isOpen()) headers.push("connection", "close");
    if (name !== undefined) headers.push("content-disposition", disposition(name));
    reply.hijack();
    this.#connections.end(request.raw);
    reply.raw.writeHead(200, headers).end(body);
    const milliseconds = performance.now() - began;
    this.#observe(200, milliseconds / 1000);
    if (this.#logsAnswers) {
      const { id: requestId, method, url } = request;
      this.#log.debug({ requestId, method, url, status: 200, milliseconds }, "answered");
    }
    return reply;
  }

  #refuse(error: unknown, began: number, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const milliseconds = performance.now() - began;
    this.#observe(refuse(error, request, reply, this.#log, milliseconds), milliseconds / 1000);
    return reply;
  }
}
