import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, it } from "vitest";
import { marshall, toAttribute, unmarshall } from "../../lib/aws/attribute-values.ts";

it("writes every type as DynamoDB names it, and leaves out what is undefined", () => {
  const value = {
    text: "a",
    number: 1.5,
    large: 12345678901234567890n,
    yes: true,
    nothing: null,
    bytes: Buffer.from("abc"),
    list: [1, "b", []],
    map: { inner: {} },
    strings: new Set(["a", "b"]),
    numbers: new Set([1, 2]),
    missing: undefined,
  };
  expect(marshall(value)).toStrictEqual({
    text: { S: "a" },
    number: { N: "1.5" },
    large: { N: "12345678901234567890" },
    yes: { BOOL: true },
    nothing: { NULL: true },
    bytes: { B: "YWJj" },
    list: { L: [{ N: "1" }, { S: "b" }, { L: [] }] },
    map: { M: { inner: { M: {} } } },
    strings: { SS: ["a", "b"] },
    numbers: { NS: ["1", "2"] },
  });
});

it("reads what it wrote", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(fc.string(), number, fc.boolean(), fc.constant(null), fc.uint8Array()),
      fc.array(tie("value")),
      fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }),
      fc.uniqueArray(fc.string(), { minLength: 1 }).map((members) => new Set(members)),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), (item) => {
      assert.deepStrictEqual(unmarshall(JSON.parse(JSON.stringify(marshall(item)))), item);
    }),
  );
});

it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Symbol("s")], [() => 1], [new Set()], [new Set(["a", 1])]])(
  "refuses %s, for which DynamoDB has no type",
  (value) => {
    expect(() => toAttribute(value)).toThrow(TypeError);
  },
);
