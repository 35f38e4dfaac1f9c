import { z } from "zod";
import type { Json } from "../../flow/definition.ts";
import { ModelError } from "../errors.ts";
import { type Api, apisOf } from "./apis.ts";
import { assertJson } from "./beyond-json.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { jsonMedia, mediaOf } from "./media.ts";
import type { ServiceClass } from "./model-service.ts";

/** A service as a document: what OpenAPI, the page to try it and a bundle's manifest are made of. */
export interface ServiceDescription {
  readonly name: string;
  readonly apis: readonly ApiDescription[];
}

export interface ApiDescription {
  readonly name: string;
  readonly input: BodyDescription;
  readonly output: BodyDescription;
  /** `maxLatency` in milliseconds. */
  readonly batch?: { readonly maxSize: number; readonly maxLatency: number };
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxConcurrency: number;
  /** Bytes. */
  readonly maxBody: number;
}

export interface BodyDescription {
  /** Content types, the usual one first. */
  readonly types: readonly string[];
  /** JSON Schema, draft 2020-12. */
  readonly schema: Readonly<Record<string, Json>>;
}

/** @throws ModelError `SERVICE` where a class declares no service that can run, `API_OPTIONS` where one of its APIs could never be called. */
export function describeService(service: ServiceClass): ServiceDescription {
  return { name: service.name, apis: apisOf(service).map((api) => describeApi(service, api)) };
}

function describeApi(service: ServiceClass, api: Api): ApiDescription {
  const { name, batch, timeout, maxConcurrency, maxBody } = api;
  const body = (io: "input" | "output"): BodyDescription => {
    const { types } = mediaOf(api[io]);
    const at = `${service.name}.${name}`;
    const schema = jsonSchema(api[io], io, at);
    if (mediaOf(api[io]) === jsonMedia) assertJson(api[io], io, at);
    return { types, schema };
  };
  const [input, output] = [body("input"), body("output")];
  if (batch !== undefined) assertRows(`${service.name}.${name}`, { input, output });
  const described = { name, input, output };
  return { ...described, ...(batch !== undefined && { batch }), timeout, maxConcurrency, maxBody };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output", at: string): BodyDescription["schema"] {
  const given = jsonSchemaOf(schema);
  if (given !== undefined) return given;
  try {
    const { $schema, "~standard": standard, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    // As JSON: what the library hangs on beside it does not belong into a document.
    return JSON.parse(JSON.stringify(rest));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError("SERVICE", `The ${io} of ${at} has no JSON Schema: ${reason}`, {
      fix: "Use schemas that JSON Schema can express.",
      cause,
    });
  }
}

function assertRows(at: string, bodies: Readonly<Record<"input" | "output", BodyDescription>>): void {
  for (const [io, { schema }] of Object.entries(bodies)) {
    if (schema.type === undefined || schema.type === "array") continue;
    throw new ModelError(
      "API_OPTIONS",
      `${at} has batch, but its ${io} is no array or tensor: there are no rows in it.`,
      {
        fix: "Take an array of rows and answer an array of results, or leave out batch.",
      },
    );
  }
}
