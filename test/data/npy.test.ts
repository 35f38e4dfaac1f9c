import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../lib/data/codecs/index.ts";
import { DecodeError } from "../../lib/data/errors.ts";
import { Tensor, type TensorData } from "../../lib/data/tensor.ts";

const arrays: fc.Arbitrary<TensorData> = fc.oneof(
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

/** The file as numpy 2 writes it: `numpy.save(file, numpy.array([[1, 2, 3], [4, 5, 6]], dtype="<i2"))`. */
const written = Buffer.concat([
  Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"),
  Buffer.from(`${"{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)}\n`),
  Buffer.from(Int16Array.of(1, 2, 3, 4, 5, 6).buffer),
]);

const npy = (header: string, data: Uint8Array) => {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(header), data]);
};

describe("a typed array", () => {
  it("comes back as it was, wherever its bytes lie", () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: 0, max: 9 }), (array, offset) => {
        const { codec, type, bytes } = encode(array, "this.x");
        const moved = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
        expect([codec, type]).toStrictEqual(["npy", `${array.constructor.name}(${array.length})`]);
        expect(decode(codec, moved)).toStrictEqual(array);
      }),
    );
  });

  it("of half precision too", () => {
    const { codec, bytes } = encode(Float16Array.of(0.5, -1), "this.x");
    expect(decode(codec, bytes)).toStrictEqual(Float16Array.of(0.5, -1));
  });

  it("is a view of the stored bytes, without a copy", () => {
    const { codec, bytes } = encode(new Float64Array(1000), "this.x");
    expect((decode(codec, bytes) as Float64Array).buffer).toBe(bytes.buffer);
  });

  it("that was read is written from where it is, with what was changed in place", () => {
    const { codec, bytes } = encode(Float64Array.of(1, 2, 3), "this.x");
    const array = decode(codec, bytes) as Float64Array;
    array[1] = 7;
    expect(encode(array, "this.x").bytes).toBe(bytes);
    expect(decode(codec, bytes)).toStrictEqual(Float64Array.of(1, 7, 3));
    expect(decode(codec, encode(array.subarray(1), "this.x").bytes)).toStrictEqual(Float64Array.of(7, 3));
  });

  it("of which only a part is the artifact is stored without the rest", () => {
    const { codec, bytes } = encode(Float64Array.of(1, 2, 3, 4).subarray(1, 3), "this.x");
    expect(bytes).toHaveLength(128 + 16);
    expect(decode(codec, bytes)).toStrictEqual(Float64Array.of(2, 3));
  });
});

describe("a tensor", () => {
  it("is written byte for byte as numpy writes it, and read", () => {
    const { codec, type, bytes } = encode(new Tensor(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]), "this.x");
    expect([codec, type]).toStrictEqual(["tensor", "Tensor(Int16Array, 2×3)"]);
    expect(Buffer.from(bytes)).toStrictEqual(written);
    expect(decode(codec, bytes)).toStrictEqual(new Tensor(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]));
  });

  it.each<[readonly number[]]>([[[]], [[1]], [[1, 1, 1]]])("keeps the shape %o", (shape) => {
    const { codec, bytes } = encode(new Tensor(Float32Array.of(7), shape), "this.x");
    expect(decode(codec, bytes)).toStrictEqual(new Tensor(Float32Array.of(7), shape));
  });

  it.each<[readonly number[]]>([[[2, 2]], [[-1, -3]], [[1.5, 2]]])(
    "is not made with the shape %o for three numbers",
    (shape) => {
      expect(() => new Tensor(new Float32Array(3), shape)).toThrow(
        `The shape [${shape.join(", ")}] does not have the data's 3 elements.`,
      );
    },
  );
});

describe("an .npy file that cannot be read is refused with the reason", () => {
  it.each<[string, Uint8Array]>([
    ["it does not begin as an .npy file does", Buffer.from("PK\x03\x04 something else")],
    [
      "its dtype '>f8' is none of |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8",
      npy("{'descr': '>f8', 'fortran_order': False, 'shape': (0,), }", Buffer.alloc(0)),
    ],
    [
      "it is in column-major order; write it with numpy.ascontiguousarray",
      npy("{'descr': '<f8', 'fortran_order': True, 'shape': (0,), }", Buffer.alloc(0)),
    ],
    [
      `its header "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }" does not fit its 8 bytes of data`,
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", Buffer.alloc(8)),
    ],
  ])("%s", (reason, bytes) => {
    expect(() => decode("npy", bytes)).toThrow(new DecodeError("npy", reason));
  });

  it("whatever its bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(written.length), (noise, at) => {
        const damaged = Buffer.concat([written.subarray(0, at), noise]);
        try {
          expect(decode("tensor", damaged)).toBeInstanceOf(Tensor);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
