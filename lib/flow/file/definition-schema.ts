import { z } from "zod";
import type { FlowDefinition } from "../definition.ts";

const json = z.json().meta({ id: "Json" });

/** As an identifier, so that an artifact can be an attribute and a parameter an option of the command. */
export const name = z
  .string()
  .regex(/^[A-Za-z_][\w-]*$/, {
    error: "a name of letters, digits, _ and -, beginning with a letter or _",
  })
  .meta({ id: "Name" });

/** Also the name of a state, which Step Functions limits. */
export const stepName = name.max(80, { error: "a name of at most 80 characters" }).meta({ id: "StepName" });

const line = z.int().min(1).exactOptional();
const text = z.string();

export const parameter = z.strictObject({
  type: z.enum(["string", "number", "integer", "boolean", "json"]),
  default: json.exactOptional(),
  help: text.exactOptional(),
  choices: z.array(json).min(1).exactOptional(),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
});

export const foreach = z.strictObject({
  body: stepName,
  items: name,
  maxConcurrency: z.int().min(1).exactOptional(),
  max: z.int().min(0).exactOptional(),
  batch: z.int().min(1).exactOptional(),
  tolerate: z.number().min(0).max(1).exactOptional(),
});

export const handler = text.regex(/^[^#]+#[\p{ID_Start}$_][\p{ID_Continue}$]*$/u, {
  error: "a file and a function, as file.ts#function",
});
export const python = text.regex(/^(?!\/|.*\.\.\/)[^:\\]+\.py(:[\p{ID_Start}_][\p{ID_Continue}]*)?$/u, {
  error: "a file and a function of it, as train.py:fit",
});
const packages = z.union([z.array(text), text], { error: "a list of packages, or the name of a file" });
export const environment = z.strictObject({
  requirements: packages.exactOptional(),
  conda: packages.exactOptional(),
  pythonVersion: text.exactOptional(),
  interpreter: text.exactOptional(),
});
export const command = z.array(text).min(1);

const body = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("method") }),
  z.strictObject({ kind: z.literal("handler"), handler }),
  z.strictObject({ kind: z.literal("python"), python, environment: environment.exactOptional() }),
  z.strictObject({ kind: z.literal("command"), command, image: text.exactOptional() }),
]);

const transition = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("next"), steps: z.array(stepName).min(1), line }),
  z.strictObject({ kind: z.literal("foreach"), ...foreach.shape, items: name.exactOptional(), line }),
]);

const mebibytes = z.number().positive().meta({ description: "In MiB." });
const compute = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("lambda"),
    memory: z.number().min(128).max(10_240).meta({ description: "In MiB." }),
    package: z.literal("image").exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("batch"),
    vcpu: z.number().positive(),
    memory: mebibytes,
    gpu: z.int().min(1).exactOptional(),
    image: text.exactOptional(),
  }),
]);

const deploy = z.strictObject({
  endpoint: text.regex(/^[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}$/, {
    error: "a name of up to 63 letters, digits and hyphens between them",
  }),
  service: text.regex(/^(?!\/|.*\.\.\/)[^#\\]+\.(?:[cm]?[jt]s|py)(#[\w$]+)?$/, {
    error: "a file and a class of it, as service.ts#IrisClassifier",
  }),
  environment: environment
    .meta({ description: "What a service in Python runs in where its class names no environment of its own." })
    .exactOptional(),
  models: z
    .record(text.regex(/^[\w$]+(?:\.[\w$]+)*$/), name)
    .meta({ description: "By the model's path in the service, the artifact that it is." }),
  hosting: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("instances"), type: text, count: z.int().min(1) }),
    z.strictObject({
      kind: z.literal("serverless"),
      memory: z.int().min(1024).max(6144).meta({ description: "In MiB." }),
      maxConcurrency: z.int().min(1).max(200),
    }),
  ]),
  timeout: z.number().min(60).meta({ description: "In seconds." }),
});

const seconds = z.number().meta({ description: "In seconds." });
const names = z.array(name);
const namesOrAll = z.union([names, z.literal("all")], { error: 'a list of names, or "all"' });

const step = z
  .strictObject({
    body: body.meta({
      description: "A method of the flow's class, a function of a file, a Python function, or a program.",
    }),
    transitions: z
      .array(transition)
      .meta({ description: "A step with several goes to the one that its task chooses; end has none." }),
    inputs: z
      .union([z.literal(true), z.array(stepName)], { error: "true, or a list of steps" })
      .meta({ description: "Of a join: the branches of its split, or true for the iterations of its foreach." })
      .exactOptional(),
    reads: namesOrAll.meta({ description: "The artifacts that are loaded before the step runs." }),
    inputReads: namesOrAll
      .meta({ description: "Of a join: the artifacts that it reads of its inputs." })
      .exactOptional(),
    writes: names.meta({ description: "The artifacts that are set on every path through the step." }),
    compute: compute.exactOptional(),
    retry: z
      .strictObject({
        times: z.int().min(0).meta({ description: "Attempts after the first." }),
        interval: seconds.min(0),
        backoff: z.number().min(1).meta({ description: "What each further wait is multiplied by." }),
      })
      .exactOptional(),
    timeout: seconds.positive().exactOptional(),
    isolate: z.literal("process").exactOptional(),
    deploy: deploy.meta({ description: "What the step deploys to an endpoint when its body has run." }).exactOptional(),
    doc: text.exactOptional(),
    file: text.exactOptional(),
    line,
  })
  .meta({ id: "Step" });

/** The document that every front end makes. The published JSON Schema is this schema, written down. */
export const definitionSchema: z.ZodType<FlowDefinition> = z
  .strictObject({
    version: z.literal(1),
    name,
    doc: text.exactOptional(),
    file: text.exactOptional(),
    parameters: z.record(name, parameter.extend({ line })),
    artifacts: names,
    initialized: names,
    steps: z.record(stepName, step),
  })
  .meta({ title: "FlowDefinition", description: "A Millrace flow, as plain data." });
