import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type BatchOptions, markApi } from "../../lib/model/service/api.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { ModelService } from "../../lib/model/service/model-service.ts";
import { tensor } from "../../lib/model/service/tensor.ts";

/** What a service with one API is described as. */
function described(input: z.ZodType, output: z.ZodType, batch?: BatchOptions, name = "predict") {
  const method = () => undefined;
  class Service extends ModelService {}
  Object.defineProperty(Service.prototype, name, { value: method });
  markApi(method, name, { input, output, ...(batch !== undefined && { batch: batch as never }) });
  return describeService(Service);
}

const number = z.number();

describe("an API that nobody could ask over HTTP is an error when its service is loaded", () => {
  it.each([
    ["a date", z.date(), number, "The input of Service.predict is a date, which JSON does not have."],
    [
      "one inside of objects and arrays",
      z.object({ rows: z.array(z.object({ day: z.date().optional() })) }),
      number,
      "The input of Service.predict at .rows[].day is a date, which JSON does not have.",
    ],
    ["a Map", z.map(z.string(), number), number, "The input of Service.predict is a map, which JSON does not have."],
    [
      "an answer of bigints",
      number,
      z.object({ count: z.bigint() }),
      "The output of Service.predict at .count is a bigint, which JSON does not have.",
    ],
  ])("%s", (_what, input, output, message) => {
    expect(() => described(input, output)).toThrow(expect.objectContaining({ code: "API_OPTIONS", message }));
  });

  it.each([
    ["a date of its text", z.iso.datetime().transform((text) => new Date(text))],
    ["a date that is made of what comes", z.coerce.date()],
    ["a date behind a function", z.object({ day: z.preprocess((text) => new Date(String(text)), z.date()) })],
    ["a codec", z.codec(z.iso.datetime(), z.date(), { decode: (t) => new Date(t), encode: (d) => d.toISOString() })],
    ["a date or a text", z.union([z.date(), z.string()])],
    ["anything", z.any()],
  ])("%s can be asked", (_what, input) => {
    expect(described(input, number).apis).toHaveLength(1);
  });

  it("a date can be answered: as text", () => {
    expect(described(number, z.date()).apis).toHaveLength(1);
  });
});

describe("batch", () => {
  it.each([
    ["input", number, z.array(number)],
    ["output", z.array(number), number],
  ])("needs rows: an %s that is none is an error", (io, input, output) => {
    expect(() => described(input, output, {})).toThrow(
      expect.objectContaining({
        code: "API_OPTIONS",
        message: `Service.predict has batch, but its ${io} is no array or tensor: there are no rows in it.`,
      }),
    );
  });

  it("takes arrays, tensors, and what is only known when it comes", () => {
    const rows = tensor({ dtype: "float32", shape: [null, 2] });
    expect(described(rows, z.array(number), {}).apis).toHaveLength(1);
    expect(described(z.any(), z.any(), {}).apis).toHaveLength(1);
  });
});

it.each(["invocations", "save", "close", "then"])("an API cannot be called %s", (name) => {
  expect(() => described(number, number, undefined, name)).toThrow(
    expect.objectContaining({ code: "API_OPTIONS", message: expect.stringContaining(`${name} is no name for an API`) }),
  );
});

describe("an option that @api does not know is refused, in JavaScript too", () => {
  it.each([
    [
      { maxConcurency: 4 },
      "predict has the option maxConcurency, which @api does not know.",
      "Did you mean maxConcurrency?",
    ],
    [
      { batch: { maxsize: 4 } },
      "predict has the option batch.maxsize, which @api does not know.",
      "Did you mean batch.maxSize?",
    ],
    [
      { retry: 3 },
      "predict has the option retry, which @api does not know.",
      "It knows input, output, batch, timeout, maxConcurrency, maxBody.",
    ],
    [
      { batch: true },
      "batch of predict is an object, as { maxSize: 100 }; received true.",
      "Give an object, as { maxSize: 100 }.",
    ],
  ])("%j", (options, message, fix) => {
    const given = { input: z.array(number), output: z.array(number), ...options } as never;
    expect(() => markApi(() => undefined, "predict", given)).toThrow(
      expect.objectContaining({ code: "API_OPTIONS", message, fix }),
    );
  });

  it("and so are no options at all", () => {
    expect(() => markApi(() => undefined, "predict", undefined as never)).toThrow(
      expect.objectContaining({
        code: "API_OPTIONS",
        message: "@api of predict is an object with input and output; received undefined.",
      }),
    );
  });
});
