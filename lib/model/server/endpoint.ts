import type { z } from "zod";
import type { Api } from "../service/apis.ts";
import { acceptedType, type Content, formType, type Media, mediaOf, takesForms, takesType } from "../service/media.ts";
import type { ModelService } from "../service/model-service.ts";
import type { Rows } from "../service/rows.ts";
import { Batcher } from "./batching/batcher.ts";
import type { Body } from "./body.ts";
import { Call } from "./call.ts";
import { Deadlines } from "./deadlines.ts";
import { RequestError } from "./errors.ts";
import { fileOfForm } from "./form.ts";
import { issuesOf } from "./issues.ts";
import { after, isPromise, type MaybePromise } from "./maybe-promise.ts";

/**
 * One API of a service that runs: from a request's body to an answer's. What a method returns at once is answered at once: promises and
 * timers are a third of a small request's time.
 */
export class Endpoint {
  readonly api: Api;
  /** Requests that are being answered. */
  inProgress = 0;
  readonly #input: Media;
  readonly #output: Media;
  readonly #takesForms: boolean;
  readonly #call: (input: unknown, call: Call) => unknown;
  readonly #deadlines: Deadlines;

  /** @param onCall Is told the rows of each call of a batch. */
  constructor(api: Api, service: ModelService, onCall?: (rows: number) => void) {
    this.api = api;
    this.#input = mediaOf(api.input);
    this.#output = mediaOf(api.output);
    this.#takesForms = takesForms(this.#input.types);
    this.#deadlines = new Deadlines(
      api.timeout,
      () => new RequestError(504, "TIMEOUT", `${api.name} took longer than ${api.timeout / 1000} s.`),
    );
    if (api.batch === undefined) {
      this.#call = (input, call) => api.method.call(service, input, call);
    } else {
      // Several requests wait for a call: none of them ends it.
      const { signal } = new AbortController();
      const batcher = new Batcher((rows) => api.method.call(service, rows, { signal }), {
        ...api.batch,
        ...(onCall !== undefined && { onCall }),
      });
      this.#call = (input, call) => batcher.submit(input as Rows, call);
    }
  }

  /** @throws RequestError; anything else is the service's fault. */
  answer(body: Body, call: Call = new Call()): MaybePromise<Content> {
    const { maxConcurrency } = this.api;
    if (this.inProgress >= maxConcurrency) {
      throw new RequestError(429, "TOO_MANY_REQUESTS", `${maxConcurrency} requests are being answered already.`, {
        fix: "Try again after the seconds of Retry-After.",
        retryAfter: 1,
      });
    }
    this.inProgress++;
    let answered: MaybePromise<Content> | undefined;
    try {
      const result = after(this.read(body), (input) => this.call(input, call));
      answered = after(result, (value) => this.write(value, body.accept));
    } finally {
      if (!isPromise(answered)) this.inProgress--;
    }
    if (!isPromise(answered)) return answered;
    return answered.finally(() => this.inProgress--);
  }

  /** The input that a body holds, checked. @throws RequestError 415 and 400 */
  read(body: Body): MaybePromise<unknown> {
    const bare = bareType(body.type);
    if (bare !== formType || !this.#takesForms) return this.#read(body, bare);
    return fileOfForm(body, body.type ?? "").then((file) => this.#read(file, bareType(file.type)));
  }

  #read({ name, bytes }: Body, bare: string): MaybePromise<unknown> {
    if (!takesType(this.#input, bare)) {
      const taken = this.#input.types.join(" or ");
      throw new RequestError(415, "CONTENT_TYPE", `${this.api.name} takes ${taken}; received ${bare || "none"}.`, {
        fix: `Send it with the header Content-Type: ${this.#input.types[0]}.`,
      });
    }
    return this.check(this.#decode(bytes, bare, name));
  }

  /** The input as the schema has it. @throws RequestError 400 with the path inside the input. */
  check(value: unknown): MaybePromise<unknown> {
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
   * @param isTimed Whether the API's time-out holds.
   * @throws RequestError 504 and 503; what the method throws, and what the call is abandoned with.
   */
  call(input: unknown, call: Call = new Call(), isTimed = true): MaybePromise<unknown> {
    const returned = this.#call(input, call);
    const result = isPromise(returned) ? this.#unlessAbandoned(returned, call, isTimed) : returned;
    return after(result, (value) =>
      checked(this.api.output, value, ([first]) => {
        const at = first === undefined || first.path === "" ? "" : ` at ${first.path}`;
        return new TypeError(`${this.api.name} returned what its output is not${at}: ${first?.message}.`);
      }),
    );
  }

  /**
   * A result as an answer's body.
   *
   * @param accept The request's header.
   */
  write(result: unknown, accept: string | undefined): Content {
    return this.#output.encode(result, acceptedType(this.#output, accept));
  }

  #decode(bytes: Uint8Array, type: string, name: string | undefined): unknown {
    try {
      return this.#input.decode(bytes, type, name);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RequestError(400, "MALFORMED_INPUT", `The body is not ${type}: ${reason}.`, { cause });
    }
  }

  #unlessAbandoned(returned: Promise<unknown>, call: Call, isTimed: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      call.onAbandon = (reason) => {
        this.#deadlines.delete(call);
        reject(reason);
      };
      if (isTimed) this.#deadlines.add(call);
      returned.then(
        (result) => {
          this.#deadlines.delete(call);
          resolve(result);
        },
        (error) => {
          this.#deadlines.delete(call);
          reject(error);
        },
      );
    });
  }
}

/** A content type without its parameters. */
function bareType(header: string | undefined): string {
  // As most requests have it.
  if (header === "application/json") return header;
  const [bare = ""] = (header ?? "").toLowerCase().split(";");
  return bare.trim();
}

/** The schema's output for a value; a promise only where the schema has asynchronous checks. */
function checked(
  schema: z.ZodType,
  value: unknown,
  refuse: (issues: ReturnType<typeof issuesOf>) => Error,
): MaybePromise<unknown> {
  return after(schema["~standard"].validate(value), (result) => {
    if (result.issues === undefined) return result.value;
    throw refuse(issuesOf(result.issues));
  });
}
