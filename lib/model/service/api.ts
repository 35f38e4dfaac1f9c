import type { z } from "zod";
import { MillraceError } from "../../errors.ts";
import { nearest } from "../../flow/check/near.ts";
import { type CallSite, captureCallers } from "../../flow/spec/call-site.ts";
import { type Duration, parseDuration, parseSize, type Size } from "../../units.ts";
import type { ModelService } from "./model-service.ts";
import type { Rows } from "./rows.ts";
import { guardModels } from "./unpacked.ts";

/** Of the registry: a service's bundle and the server each have a copy of this module. */
const mark = Symbol.for("millrace.api");

/** How requests are put together for one call of the method. Its input and output are arrays or tensors: an element, or an index of the first dimension, is a row. */
export interface BatchOptions {
  /** Rows of one call. Default 100. */
  readonly maxSize?: number;
  /** How long a request may wait for its call to begin, before requests behind it are refused (503). Default `"100 ms"`. */
  readonly maxLatency?: Duration;
}

export interface ApiOptions<Input extends z.ZodType, Output extends z.ZodType> {
  /** What a request's body must be. */
  readonly input: Input;
  /** What the method must return; anything else is the service's fault (500). */
  readonly output: Output;
  /** Puts the rows of several requests into one call. Default: a call for each request. */
  readonly batch?: z.output<Input> extends Rows
    ? z.input<Output> extends Rows
      ? BatchOptions
      : "Batching needs an output that is an array or a tensor: a result for each row."
    : "Batching needs an input that is an array or a tensor: rows.";
  /** What a request may take, waiting included (504 after it). Default `"60 s"`. */
  readonly timeout?: Duration;
  /** Requests at a time; more are refused (429). Default 1,024. */
  readonly maxConcurrency?: number;
  /** Of a request's body (413 above it). Default `"20 MiB"`. */
  readonly maxBody?: Size;
}

/** What a method gets beside its input, of the request that it answers; of a batch, what all of its requests have in common. */
export interface ApiContext {
  /** Aborted when nobody waits for the answer any more: after the time-out, or when a job is cancelled. */
  readonly signal: AbortSignal;
}

/** An API's options with their defaults. */
export interface ApiSettings {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** `maxLatency` in milliseconds. */
  readonly batch?: { readonly maxSize: number; readonly maxLatency: number };
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxConcurrency: number;
  /** Bytes. */
  readonly maxBody: number;
}

export interface ApiMark {
  readonly settings: ApiSettings;
  /** As it is written: what the server calls, which has all models. */
  readonly method: object;
  /** Who decorated the method, nearest first: the service's file is among the first. */
  readonly callers: () => readonly CallSite[];
}

/** Names that mean something else where an API's name is used. */
const taken: ReadonlyMap<string, string> = new Map([
  ["invocations", "the route of SageMaker's requests"],
  ["pack", "a method of every service"],
  ["save", "a method of every service"],
  ["onStartup", "a hook of every service"],
  ["onShutdown", "a hook of every service"],
  ["close", "what stops a bundle's service in the same process"],
  ["then", "what makes an object a promise"],
]);

type Method<This, Input extends z.ZodType, Output extends z.ZodType> = (
  this: This,
  input: z.output<Input>,
  context: ApiContext,
) => z.input<Output> | Promise<z.input<Output>>;

/**
 * Makes a method an API of its service: what it takes and returns are the schemas' types.
 *
 * @example
 * ```ts
 * @api({
 *   input: z.array(z.array(z.number()).length(4)),
 *   output: z.array(z.string()),
 *   batch: { maxSize: 100, maxLatency: "20 ms" },
 * })
 * predict(rows: number[][]) {
 *   return rows.map((row) => this.model.classify(row));
 * }
 * ```
 * @throws MillraceError `API_OPTIONS` where an option is wrong, `LEGACY_DECORATORS` under `experimentalDecorators`.
 */
export function api<Input extends z.ZodType, Output extends z.ZodType>(
  options: ApiOptions<Input, Output>,
): <This extends ModelService>(
  method: Method<This, Input, Output>,
  context: ClassMethodDecoratorContext<This> & { readonly name: string; readonly static: false },
) => void {
  return function decorator(method, context) {
    if (typeof context !== "object" || !("kind" in context)) {
      throw new MillraceError("LEGACY_DECORATORS", "@api is a standard decorator, but was compiled as a legacy one.", {
        fix: 'Remove "experimentalDecorators" from the compilerOptions of tsconfig.json.',
      });
    }
    const name = String(context.name);
    markApi(method, name, options, captureCallers(decorator));
    function call(this: ModelService, ...parameters: unknown[]): unknown {
      guardModels(this);
      return Reflect.apply(method, this, parameters);
    }
    // In the method's place: to the compiler it is the same.
    return Object.defineProperties(call, { name: { value: name }, [mark]: { value: markOf(method) } });
  };
}

/** What `@api` does to a method. @throws MillraceError `API_OPTIONS` */
export function markApi(
  method: object,
  name: string,
  options: ApiOptions<z.ZodType, z.ZodType>,
  callers: ApiMark["callers"] = () => [],
): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    throw new MillraceError("API_OPTIONS", `${name} is no name for an API: it is part of the address.`, {
      fix: "Begin it with a letter, and use letters, digits and _.",
    });
  }
  const use = taken.get(name);
  if (use !== undefined) {
    throw new MillraceError("API_OPTIONS", `${name} is no name for an API: it is ${use}.`, {
      fix: "Rename the method.",
    });
  }
  const value: ApiMark = { settings: readOptions(name, options), method, callers };
  Object.defineProperty(method, mark, { value });
}

/** What `@api` noted of a method; `undefined` of anything else. */
export function markOf(method: unknown): ApiMark | undefined {
  return typeof method === "function" ? (method as { [mark]?: ApiMark })[mark] : undefined;
}

function readOptions(name: string, options: ApiOptions<z.ZodType, z.ZodType>): ApiSettings {
  checkOptions(name, options);
  const { input, output, timeout = "60 s", maxConcurrency = 1024, maxBody = "20 MiB" } = options;
  const batch = options.batch as BatchOptions | undefined;
  for (const [option, schema] of Object.entries({ input, output })) {
    if (typeof schema?.safeParse !== "function") refuse(name, option, schema, "a zod schema");
  }
  return {
    input,
    output,
    ...(batch !== undefined && {
      batch: {
        maxSize: whole(name, "batch.maxSize", batch.maxSize ?? 100),
        maxLatency: parseDuration(batch.maxLatency ?? "100 ms") * 1000,
      },
    }),
    timeout: parseDuration(timeout) * 1000,
    maxConcurrency: whole(name, "maxConcurrency", maxConcurrency),
    maxBody: parseSize(maxBody) * 2 ** 20,
  };
}

/** In JavaScript nobody else tells. */
function checkOptions(name: string, options: ApiOptions<z.ZodType, z.ZodType>): void {
  if (!isObject(options)) refuse(name, "@api", options, "an object with input and output");
  checkKeys(name, "", Object.keys(options), ["input", "output", "batch", "timeout", "maxConcurrency", "maxBody"]);
  const batch: unknown = options.batch;
  if (batch === undefined) return;
  if (!isObject(batch)) refuse(name, "batch", batch, "an object, as { maxSize: 100 }");
  checkKeys(name, "batch.", Object.keys(batch), ["maxSize", "maxLatency"]);
}

function checkKeys(name: string, prefix: string, keys: readonly string[], known: readonly string[]): void {
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new MillraceError("API_OPTIONS", `${name} has the option ${prefix}${unknown}, which @api does not know.`, {
    fix:
      near === undefined
        ? `It knows ${known.map((key) => prefix + key).join(", ")}.`
        : `Did you mean ${prefix}${near}?`,
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function whole(name: string, option: string, value: number): number {
  return Number.isSafeInteger(value) && value >= 1 ? value : refuse(name, option, value, "a whole number from 1");
}

function refuse(name: string, option: string, value: unknown, expected: string): never {
  throw new MillraceError("API_OPTIONS", `${option} of ${name} is ${expected}; received ${JSON.stringify(value)}.`, {
    fix: `Give ${expected}.`,
  });
}
