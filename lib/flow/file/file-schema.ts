import { z } from "zod";
import { command, environment, foreach, handler, name, parameter, python, stepName } from "./definition-schema.ts";

const target = z.union([stepName, z.array(stepName).min(1)], { error: "a step's name, or a list of them for a split" });

const goesTo = { next: target.exactOptional(), foreach: foreach.exactOptional() };

const transition = z
  .strictObject(goesTo)
  .refine(({ next, foreach }) => (next === undefined) !== (foreach === undefined), {
    error: "either next or foreach",
  });

const step = z
  .strictObject({
    handler: handler.exactOptional(),
    python: python.exactOptional(),
    ...environment.shape,
    command: command.exactOptional(),
    image: z.string().exactOptional(),
    ...goesTo,
    transitions: z.array(transition).min(1).exactOptional(),
    inputs: z.union([z.literal(true), z.array(stepName).min(1)], { error: "true, or a list of steps" }).exactOptional(),
    reads: z.array(name).exactOptional(),
    writes: z.array(name).exactOptional(),
    doc: z.string().exactOptional(),
    // The values of these five are read by what reads the options of `@step`.
    compute: z.looseObject({}).exactOptional(),
    retry: z
      .union([z.number(), z.looseObject({})], { error: "a number, or { times, interval, backoff }" })
      .exactOptional(),
    timeout: z.string().exactOptional(),
    isolate: z.string().exactOptional(),
    deploy: z.looseObject({}).exactOptional(),
  })
  .refine((step) => [step.handler, step.python, step.command].filter((body) => body !== undefined).length === 1, {
    error: "a step with one of handler, python and command",
  })
  .refine(({ python, reads, writes }) => python === undefined || (reads ?? writes) === undefined, {
    error: "a step that leaves reads and writes to its Python source",
  })
  .refine(({ command, image }) => image === undefined || command !== undefined, {
    error: "a step whose image belongs to a command",
  })
  .refine((step) => [step.next, step.foreach, step.transitions].filter((way) => way !== undefined).length <= 1, {
    error: "a step with one of next, foreach and transitions",
  });

/** A flow as people write it: shorter than the definition, with units in its values. */
export const fileSchema = z.strictObject({
  name,
  doc: z.string().exactOptional(),
  parameters: z.record(name, parameter).exactOptional(),
  artifacts: z.array(name).exactOptional(),
  python: environment.exactOptional(),
  steps: z.record(stepName, step),
});

export type FlowFile = z.infer<typeof fileSchema>;
export type FileStep = z.infer<typeof step>;
export type FileTransition = z.infer<typeof transition>;
