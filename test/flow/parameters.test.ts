import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, ParameterDefinition } from "../../lib/flow/definition.ts";
import { ParameterError, parseParameter, readParameters } from "../../lib/flow/parameters.ts";
import { failureOf } from "./failure.ts";

const definitions: Readonly<Record<string, ParameterDefinition>> = {
  alpha: { type: "number", default: 0.5, min: 0, max: 1 },
  optimizer: { type: "string", default: "adam", choices: ["adam", "sgd"] },
  rows: { type: "integer", min: 1 },
  verbose: { type: "boolean", default: false },
  layers: { type: "json", default: [10, { units: 1, relu: true }] },
};

function problemsOf(given: unknown): readonly string[] {
  const error = failureOf(() => readParameters(definitions, given));
  expect(error).toBeInstanceOf(ParameterError);
  expect(error).toMatchObject({ code: "PARAMETER" });
  return (error as ParameterError).problems;
}

describe("the values of a run", () => {
  test("are what is given, else the defaults", () => {
    expect(readParameters(definitions, { rows: 3, alpha: 0 })).toEqual({
      alpha: 0,
      optimizer: "adam",
      rows: 3,
      verbose: false,
      layers: [10, { units: 1, relu: true }],
    });
    expect(readParameters(definitions, { rows: 1, alpha: undefined, layers: null })).toMatchObject({
      alpha: 0.5,
      layers: null,
    });
    expect(readParameters({}, {})).toEqual({});
  });

  test("are refused with everything that is wrong", () => {
    const given = { alhpa: 0.5, gamma: 1, alpha: 2, optimizer: "lion", verbose: "yes", layers: new Date(0) };
    expect(problemsOf(given)).toEqual([
      'There is no parameter "alhpa"; did you mean alpha?',
      'There is no parameter "gamma"; there are alpha, optimizer, rows, verbose, layers.',
      "alpha must be a number from 0 to 1; received 2.",
      'optimizer must be one of "adam", "sgd"; received "lion".',
      "rows must be given: a whole number of at least 1.",
      'verbose must be true or false; received "yes".',
      'layers must be a JSON value; received "1970-01-01T00:00:00.000Z".',
    ]);
  });

  test.each<[unknown, string]>([
    [0, "rows must be a whole number of at least 1; received 0."],
    [1.5, "rows must be a whole number of at least 1; received 1.5."],
    ["3", 'rows must be a whole number of at least 1; received "3".'],
    [null, "rows must be a whole number of at least 1; received null."],
    [Number.NaN, "rows must be a whole number of at least 1; received NaN."],
    [
      2 ** 53,
      "rows must be a whole number of at least 1; received 9007199254740992. Above 9007199254740991 JavaScript does not keep every digit: a longer number is a string parameter.",
    ],
    [3n, "rows must be a whole number of at least 1; received 3n."],
    ["x".repeat(200), `rows must be a whole number of at least 1; received "${"x".repeat(78)}….`],
  ])("are refused where the type is another: %o", (rows, problem) => {
    expect(problemsOf({ rows })).toEqual([problem]);
  });

  test.each([undefined, null, [], "{}", 3])("are refused as a whole where they are no object: %o", (given) => {
    expect(problemsOf(given)).toEqual([
      `Parameters are given as an object; received ${given === undefined ? given : JSON.stringify(given)}.`,
    ]);
  });

  test("say so where the flow has no parameters", () => {
    expect(failureOf(() => readParameters({}, { a: 1 }))).toMatchObject({
      message: 'There is no parameter "a"; the flow has none.',
    });
  });

  test.each(["__proto__", "constructor", "hasOwnProperty", "toString"])(
    "may be named %s, and are not mixed up with what objects inherit",
    (name) => {
      const given = JSON.parse(`{"${name}": 1}`);
      expect(failureOf(() => readParameters({}, given))).toMatchObject({ code: "PARAMETER" });
      const declared: Record<string, ParameterDefinition> = JSON.parse(`{"${name}": {"type": "integer"}}`);
      expect(failureOf(() => readParameters(declared, {}))).toMatchObject({
        message: `${name} must be given: a whole number.`,
      });
      const read = readParameters(declared, given);
      expect(Object.entries(read)).toEqual([[name, 1]]);
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    },
  );

  test("are no values that JSON cannot hold, or that would exhaust the stack", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(problemsOf({ rows: 1, layers: cycle })).toEqual([
      "layers must be a JSON value; received a value that JSON cannot hold.",
    ]);
    const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    expect(problemsOf({ rows: 1, layers: deep })).toEqual([
      expect.stringMatching(/^layers must be a JSON value; received /),
    ]);
  });

  test("equal a choice whatever the order of its keys", () => {
    const choice: Record<string, ParameterDefinition> = { p: { type: "json", choices: [{ a: 1, b: [2] }, []] } };
    expect(readParameters(choice, { p: { b: [2], a: 1 } })).toEqual({ p: { b: [2], a: 1 } });
    expect(
      failureOf(() =>
        readParameters(choice, {
          p: [
            ["a", 1],
            ["b", [2]],
          ],
        }),
      ),
    ).toBeInstanceOf(ParameterError);
  });
});

describe("a value of the command line", () => {
  test.each<[ParameterDefinition["type"], string, Json]>([
    ["string", "", ""],
    ["string", "3", "3"],
    ["number", "-1.5e3", -1500],
    ["number", ".5", 0.5],
    ["integer", "+7", 7],
    ["integer", "1e3", 1000],
    ["boolean", "true", true],
    ["boolean", "false", false],
    ["json", '{"a": [null]}', { a: [null] }],
    ["json", "-75109625794421780", -75109625794421776],
  ])("is read as the parameter's type: %s %o", (type, text, value) => {
    expect(parseParameter("p", { type }, text)).toEqual(value);
  });

  test.each<[ParameterDefinition["type"], string, string]>([
    ["number", "", 'p must be a number; received "".'],
    ["number", " 1", 'p must be a number; received " 1".'],
    ["number", "0x1f", 'p must be a number; received "0x1f".'],
    ["number", "Infinity", 'p must be a number; received "Infinity".'],
    ["number", "1e999", 'p must be a number; received "1e999".'],
    ["integer", "1.5", 'p must be a whole number; received "1.5".'],
    [
      "integer",
      "9007199254740993",
      'p must be a whole number; received "9007199254740993". Above 9007199254740991 JavaScript does not keep every digit: a longer number is a string parameter.',
    ],
    [
      "json",
      '{"ids": [1, 12345678901234567890, 1e30]}',
      "p holds the number 12345678901234567890, which JavaScript would keep as 12345678901234567168.",
    ],
    ["boolean", "yes", 'p must be true or false; received "yes".'],
    ["json", "{a: 1}", 'p must be a JSON value; received "{a: 1}".'],
  ])("is refused where it is none: %s %o", (type, text, message) => {
    expect(failureOf(() => parseParameter("p", { type }, text))).toMatchObject({ code: "PARAMETER", message });
  });

  test("comes back as it was written, for every value of every type", () => {
    const values = fc.oneof(
      fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "grapheme" }) }),
      fc.record({ type: fc.constant("number" as const), value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record({ type: fc.constant("integer" as const), value: fc.maxSafeInteger() }),
      fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
      fc.record({
        type: fc.constant("json" as const),
        value: fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>,
      }),
    );
    fc.assert(
      fc.property(values, ({ type, value }) => {
        const text = type === "json" ? JSON.stringify(value) : String(value);
        const parsed = parseParameter("p", { type }, text);
        expect(parsed).toEqual(type === "json" ? JSON.parse(text) : Object.is(value, -0) ? 0 : value);
        expect(readParameters({ p: { type } }, { p: parsed })).toEqual({ p: parsed });
      }),
    );
  });

  test("is refused, never anything else, whatever is written", () => {
    const type = fc.constantFrom<ParameterDefinition["type"]>("string", "number", "integer", "boolean", "json");
    fc.assert(
      fc.property(type, fc.string({ unit: "binary" }), fc.anything(), (type, text, given) => {
        for (const read of [() => parseParameter("p", { type }, text), () => readParameters({ p: { type } }, given)]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(ParameterError);
          }
        }
      }),
    );
  });
});
