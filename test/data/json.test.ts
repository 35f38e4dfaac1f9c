import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../lib/data/codecs/index.ts";
import { DecodeError, EncodeError } from "../../lib/data/errors.ts";
import { ArtifactFile } from "../../lib/data/file.ts";
import { Tensor } from "../../lib/data/tensor.ts";

function throughJson(value: unknown): unknown {
  const { codec, bytes } = encode(value, "this.value");
  expect(codec).toBe("json");
  return decode(codec, bytes);
}

const text = (value: unknown) => encode(value, "this.value").text;
const parse = (json: string) => decode("json", Buffer.from(json));

function refusal(value: unknown): { message: string; fix: string | undefined } {
  try {
    encode(value, "this.model");
  } catch (error) {
    if (error instanceof EncodeError) return { message: error.message, fix: error.fix };
    throw error;
  }
  throw new Error("it was encoded");
}

/** Keys that collide with tags, prototypes and each other. */
const key = fc.oneof(
  fc.string(),
  fc.constantFrom("$type", "$$type", "$$$type", "value", "__proto__", "constructor", "toString", "base64"),
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    true,
    false,
  ),
  fc.constantFrom<unknown>("Map", "Date", "undefined", "number"),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value")),
    fc.array(fc.tuple(key, tie("value"))).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
    fc.array(tie("value")).map((values) => new Set(values)),
  ),
}));

describe("a value as JSON", () => {
  it("comes back as it was, whatever it is made of", () => {
    fc.assert(
      fc.property(anything, (value) => {
        assert.deepStrictEqual(throughJson([value]), [value]);
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same text for the same value", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(text(throughJson([value]))).toBe(text([value]));
      }),
    );
  });

  it("is plain JSON where JSON can say it, so that other programs read it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!/\$type|-0/.test(JSON.stringify(value, (_, member) => (Object.is(member, -0) ? "-0" : member))));
        expect(text(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each<[unknown, string]>([
    [{ b: 1, a: [true, null, "x"] }, '{"b":1,"a":[true,null,"x"]}'],
    [undefined, '{"$type":"undefined"}'],
    [[-0, Number.NaN], '[{"$type":"number","value":"-0"},{"$type":"number","value":"NaN"}]'],
    [12n, '{"$type":"bigint","value":"12"}'],
    [new Date("2026-11-23T18:00:00Z"), '{"$type":"Date","value":"2026-11-23T18:00:00.000Z"}'],
    [new Map([["a", new Set([1])]]), '{"$type":"Map","value":[["a",{"$type":"Set","value":[1]}]]}'],
    [/a+/gi, '{"$type":"RegExp","source":"a+","flags":"gi"}'],
    [new URL("https://example.com/a?b"), '{"$type":"URL","value":"https://example.com/a?b"}'],
    [{ $type: "Map", $$type: 1 }, '{"$$type":"Map","$$$type":1}'],
    [{ weights: new Float32Array([1]) }, '{"weights":{"$type":"Float32Array","base64":"AACAPw=="}}'],
    [{ toJSON: () => "as it likes" }, '"as it likes"'],
  ])("writes %o as %s", (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it("keeps bytes of every kind inside an object, as what they were", () => {
    const value = {
      buffer: Buffer.from("abc"),
      bytes: new Uint8Array([1, 2]),
      clamped: new Uint8ClampedArray([255]),
      raw: new Uint8Array([7, 8]).buffer,
      part: new Float64Array([1, 2, 3]).subarray(1),
    };
    expect(throughJson(value)).toStrictEqual({ ...value, part: new Float64Array([2, 3]) });
  });

  it("keeps tensors and files inside an object", () => {
    const value = { image: new Tensor(new Float32Array(6), [2, 3]), note: new ArtifactFile("note.txt", "hello") };
    const back = throughJson(value) as typeof value;
    expect(back.image).toStrictEqual(value.image);
    expect([back.note.name, back.note.type, back.note.text()]).toStrictEqual(["note.txt", "text/plain", "hello"]);
  });

  it("never lets a key reach a prototype", () => {
    const back = throughJson(JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"$type":1}}}')) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toStrictEqual(["__proto__", "a"]);
    expect("polluted" in {}).toBe(false);
  });

  it("takes an object without a prototype, and a hole of an array as undefined", () => {
    expect(throughJson(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    expect(throughJson([1, , 2])).toStrictEqual([1, undefined, 2]);
  });
});

describe("an error as JSON", () => {
  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    "comes back as a %o",
    (type) => {
      const error = Object.assign(new type("it broke", { cause: new RangeError("deeper") }), { code: "E_BROKE" });
      const back = throughJson(error) as Error;
      expect(back).toBeInstanceOf(type);
      expect(back).toStrictEqual(error);
      expect([back.name, back.stack, Object.keys(back)]).toStrictEqual([error.name, error.stack, ["code"]]);
      expect(back.cause).toBeInstanceOf(RangeError);
    },
  );

  it("keeps the name of a class of the user's and what it extends", () => {
    class ModelError extends TypeError {
      override name = "ModelError";
    }
    const back = throughJson(new ModelError("no weights")) as Error;
    expect(back).toBeInstanceOf(TypeError);
    expect(`${back}`).toBe("ModelError: no weights");
  });

  it("keeps the errors of an AggregateError", () => {
    const back = throughJson(new AggregateError([new Error("one"), 2], "both")) as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.errors).toStrictEqual([new Error("one"), 2]);
  });
});

describe("a value that cannot be stored is refused with its path", () => {
  const cyclic: { name: string; parent?: unknown } = { name: "a" };
  cyclic.parent = { child: cyclic };

  it.each<[string, unknown, string]>([
    [
      "a function",
      { layers: [0, 1, 2, { activate: () => 1 }] },
      "this.model.layers[3].activate is a function, which cannot be stored.",
    ],
    ["a symbol", { "a key": Symbol("s") }, 'this.model["a key"] is a symbol, which cannot be stored.'],
    ["a cycle", cyclic, "this.model.parent.child refers back to an object that it is part of."],
    [
      "a promise",
      [Promise.resolve()],
      "this.model[0] is an instance of Promise, which would come back without its methods.",
    ],
    [
      "a class",
      new (class Network {})(),
      "this.model is an instance of Network, which would come back without its methods.",
    ],
    [
      "a subclass of Map",
      { m: new (class Index extends Map {})() },
      "this.model.m is an instance of Index, which would come back without its methods.",
    ],
    [
      "a subclass of Array",
      new (class Rows extends Array {})(),
      "this.model is an instance of Rows, which would come back without its methods.",
    ],
    [
      "a key that is a symbol",
      { a: [{ [Symbol("unit")]: "m" }] },
      "this.model.a[0] has the key Symbol(unit), which would not come back.",
    ],
    [
      "an array with a property of its own",
      { found: "abc".match(/b/) },
      "this.model.found is an array with the property index, which would not come back.",
    ],
    [
      "a long array with a symbol",
      { a: Object.assign(Array(1000).fill(0), { [Symbol("unit")]: "m" }) },
      "this.model.a is an array with the property Symbol(unit), which would not come back.",
    ],
    [
      "a sparse array with a property",
      Object.assign(Array(1000), { unit: "m" }),
      "this.model is an array with the property unit, which would not come back.",
    ],
    ["a WeakMap", new WeakMap(), "this.model is an instance of WeakMap, which would come back without its methods."],
    [
      "inside of a Map",
      new Map([["a", new Set([() => 1])]]),
      '[...this.model.get("a")][0] is a function, which cannot be stored.',
    ],
    [
      "as a key of a Map",
      { seen: new Map([[{ at: [() => 1] }, 1]]) },
      "[...this.model.seen.keys()][0].at[0] is a function, which cannot be stored.",
    ],
    [
      "a getter that throws",
      {
        a: [
          {
            get b() {
              throw new Error("not yet");
            },
          },
        ],
      },
      "this.model.a[0] cannot be read to be stored: not yet.",
    ],
    [
      "a toJSON that throws",
      new Map([
        [
          1,
          {
            toJSON() {
              throw new Error("not yet");
            },
          },
        ],
      ]),
      "this.model.get(1) cannot be read to be stored: not yet.",
    ],
    [
      "as an error's field",
      Object.assign(new Error("x"), { f() {} }),
      "this.model.f is a function, which cannot be stored.",
    ],
  ])("%s", (_, value, message) => {
    expect(refusal(value).message).toBe(message);
  });

  it("says what to do", () => {
    expect(refusal(() => 1).fix).toBe("Keep it in a variable of the step instead of a field.");
    expect(refusal(new (class Network {})()).fix).toBe(
      "Store a plain object, or give Network a method toJSON() that returns one.",
    );
    expect(refusal(cyclic).fix).toBe("Store a tree: refer by a key or an index instead.");
  });

  it("also where it is nested deeper than the stack", () => {
    let deep: unknown = 0;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(refusal(deep)).toStrictEqual({
      message: "this.model is nested too deeply.",
      fix: "Store it as a flat list.",
    });
  });

  it("bytes that were transferred to another thread", () => {
    const bytes = new Float64Array(4);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const expected = {
      message: "this.model.weights has no bytes: its ArrayBuffer is detached.",
      fix: "Store it before it is transferred, or a copy.",
    };
    expect(refusal({ weights: bytes })).toStrictEqual(expected);
    expect(refusal({ weights: bytes.buffer })).toStrictEqual(expected);
  });

  it("but not an object that is there twice without a cycle", () => {
    const shared = { a: 1 };
    expect(throughJson([shared, shared])).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("damaged JSON", () => {
  it.each([
    "{",
    '{"$type":"Nothing"}',
    '{"$type":"bigint","value":"x"}',
    '{"$type":"Map","value":3}',
    '{"$type":"URL","value":"no"}',
  ])("%s is a DecodeError", (json) => {
    expect(() => parse(json)).toThrow(DecodeError);
  });

  it("names a $type that only a newer version knows", () => {
    expect(() => parse('[{"$type":"Temporal"}]')).toThrow(
      'An artifact of the codec "json" cannot be read: this version knows no $type "Temporal".',
    );
  });
});
