import type { Json } from "../../flow/definition.ts";
import type { ApiDescription, BodyDescription, ServiceDescription } from "../service/description.ts";
import { formType, takesForms } from "../service/media.ts";

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "requestId"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        fix: { type: "string" },
        issues: {
          type: "array",
          items: {
            type: "object",
            required: ["path", "message"],
            properties: { path: { type: "string" }, message: { type: "string" } },
          },
        },
        requestId: { type: "string" },
      },
    },
  },
};

const refusals: Readonly<Record<string, string>> = {
  400: "The input is not what the schema says.",
  413: "The body is too large.",
  415: "The content type is not one that is taken.",
  429: "Too many requests are being answered.",
  500: "The service failed.",
  503: "More requests wait than are answered in time.",
  504: "The answer took too long.",
};

/** The OpenAPI 3.1 document of a service. */
export function openapi({ name, apis }: ServiceDescription, version: string): Json {
  return {
    openapi: "3.1.0",
    info: { title: name, version },
    paths: Object.fromEntries(apis.map((api) => [`/${api.name}`, { post: operation(api) }])),
    components: { schemas: { Error: errorSchema } },
  };
}

function operation({ name, input, output }: ApiDescription): Json {
  const refused = Object.entries(refusals).map(([status, description]) => [
    status,
    { description, content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
  ]);
  return {
    operationId: name,
    requestBody: { required: true, content: { ...content(input), ...form(input) } },
    responses: { 200: { description: "The answer.", content: content(output) }, ...Object.fromEntries(refused) },
  };
}

/** A file may come in a form's field, of any name. */
function form({ types }: BodyDescription): Record<string, Json> {
  if (!takesForms(types)) return {};
  const schema = { type: "object", minProperties: 1, properties: { file: {} } };
  return { [formType]: { schema } };
}

function content({ types, schema }: BodyDescription): Record<string, Json> {
  const isDescribed = (type: string) => Object.keys(schema).length > 0 && (types.length === 1 || /json/.test(type));
  return Object.fromEntries(types.map((type) => [type, isDescribed(type) ? { schema } : {}]));
}
