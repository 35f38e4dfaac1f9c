import type { z } from "zod";
import type { Api } from "../service/apis.ts";
import { type Content, type Media, mediaOf, takesType } from "../service/media.ts";
import type { ModelService } from "../service/model-service.ts";
import { Batcher } from "./batching/batcher.ts";
import type { Body } from "./body.ts";
import { RequestError } from "./errors.ts";
import { issuesOf } from "./issues.ts";

export interface CallOptions {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** Milliseconds. Default: the API's; `undefined` is none. */
  readonly timeout?: number | undefined;
}

/** One API of a service that runs: from a request's body to an answer's. */
export class Endpoint {
  readonly api: Api;
  /** Requests that are being answered. */
  inProgress = 0;
  readonly #input: Media;
  readonly #output: Media;
  readonly #call: (input: unknown, call: Call) => unknown;

  /** @param onCall Is told the rows of each call of a batch. */
  constructor(api: Api, service: ModelService, onCall?: (rows: number) => void) {
    this.api = api;
    this.#input = mediaOf(api.input);
    this.#output = mediaOf(api.output);
    if (api.batch === undefined) {
      this.#call = (input, call) => api.method.call(service, input, call);
    } else {
      // Several requests wait for a call: none of them ends it.
      const { signal } = new AbortController();
      const batcher = new Batcher((rows) => api.method.call(service, rows, { signal }), {
        ...api.batch,
        ...(onCall !== undefined && { onCall }),
      });
      this.#call = (input, call) => batcher.submit(input as readonly unknown[], () => call.isAbandoned);
    }
  }

  /** @throws RequestError; anything else is the service's fault. */
  async answer(body: Body): Promise<Content> {
    const { maxConcurrency } = this.api;
    if (this.inProgress >= maxConcurrency) {
      throw new RequestError(429, "TOO_MANY_REQUESTS", `${maxConcurrency} requests are being answered already.`, {
        fix: "Try again after the seconds of Retry-After.",
        retryAfter: 1,
      });
    }
    this.inProgress++;
    try {
      return this.write(await this.call(await this.read(body)));
    } finally {
      this.inProgress--;
    }
  }

  /** The input that a body holds, checked. @throws RequestError 415 and 400 */
  read({ type, name, bytes }: Body): unknown | Promise<unknown> {
    const [bare = ""] = (type ?? "").toLowerCase().split(";");
    if (!takesType(this.#input, bare.trim())) {
      const taken = this.#input.types.join(" or ");
      throw new RequestError(415, "CONTENT_TYPE", `${this.api.name} takes ${taken}; received ${bare || "none"}.`, {
        fix: `Send it with the header Content-Type: ${this.#input.types[0]}.`,
      });
    }
    return this.check(this.#decode(bytes, bare.trim(), name));
  }

  /** The input as the schema has it. @throws RequestError 400 with the path inside the input. */
  check(value: unknown): unknown | Promise<unknown> {
    return checked(this.api.input, value, (issues) => {
      const [first] = issues;
      const at = first === undefined || first.path === "" ? "The input" : `The input at ${first.path}`;
      return new RequestError(400, "INVALID_INPUT", `${at} is not what ${this.api.name} takes: ${first?.message}.`, {
        fix: "GET /openapi.json has the schema.",
        issues,
      });
    });
  }

  /**
   * Calls the method with an input that was checked, and checks what it returns.
   *
   * @throws RequestError 504 and 503; what the method throws.
   */
  async call(input: unknown, options: CallOptions = {}): Promise<unknown> {
    const result = await this.#abandonable(input, { timeout: this.api.timeout, ...options });
    return checked(this.api.output, result, ([first]) => {
      const at = first === undefined || first.path === "" ? "" : ` at ${first.path}`;
      return new TypeError(`${this.api.name} returned what its output is not${at}: ${first?.message}.`);
    });
  }

  /** A result as an answer's body. */
  write(result: unknown): Content {
    return this.#output.encode(result);
  }

  #decode(bytes: Uint8Array, type: string, name: string | undefined): unknown {
    try {
      return this.#input.decode(bytes, type, name);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RequestError(400, "MALFORMED_INPUT", `The body is not ${type}: ${reason}.`, { cause });
    }
  }

  #abandonable(input: unknown, { signal, timeout }: CallOptions): Promise<unknown> {
    const call = new Call();
    return new Promise((resolve, reject) => {
      const abandon = (reason: unknown) => {
        call.abandon(reason);
        reject(reason);
      };
      const onTimeout = () => {
        abandon(new RequestError(504, "TIMEOUT", `${this.api.name} took longer than ${(timeout ?? 0) / 1000} s.`));
      };
      const timer = timeout === undefined ? undefined : setTimeout(onTimeout, timeout);
      const onAbort = () => abandon(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const answered = (async () => this.#call(input, call))();
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      answered.then(
        (result) => {
          settle();
          resolve(result);
        },
        (error) => {
          settle();
          reject(error);
        },
      );
    });
  }
}

/** A call of the method, and whether somebody waits for it. */
class Call {
  isAbandoned = false;
  #reason: unknown;
  #controller: AbortController | undefined;

  abandon(reason: unknown): void {
    this.isAbandoned = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Made when it is asked for: most methods do without, and it is a tenth of a small request's time. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isAbandoned) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }
}

/** The schema's output for a value; a promise only where the schema has asynchronous checks. */
function checked(
  schema: z.ZodType,
  value: unknown,
  refuse: (issues: ReturnType<typeof issuesOf>) => Error,
): unknown | Promise<unknown> {
  const take = (result: Awaited<ReturnType<z.ZodType["~standard"]["validate"]>>) => {
    if (result.issues === undefined) return result.value;
    throw refuse(issuesOf(result.issues));
  };
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(take) : take(result);
}
