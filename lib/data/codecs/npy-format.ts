import type { TensorData } from "../tensor.ts";

// The .npy format, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): TensorData;
}

const dtypes: Readonly<Record<string, TypedArrayConstructor>> = {
  "|i1": Int8Array,
  "|u1": Uint8Array,
  "<i2": Int16Array,
  "<u2": Uint16Array,
  "<i4": Int32Array,
  "<u4": Uint32Array,
  "<i8": BigInt64Array,
  "<u8": BigUint64Array,
  ...("Float16Array" in globalThis ? { "<f2": Float16Array } : {}),
  "<f4": Float32Array,
  "<f8": Float64Array,
};
const dtypeOf = new Map(Object.entries(dtypes).map(([dtype, type]) => [type.name, dtype]));

const magic = "\x93NUMPY";
const alignment = 64;

/** Whether arrays of the class named so can be written. */
export function hasDtype(className: string): boolean {
  return dtypeOf.has(className);
}

/** The numbers with a header in front that fills a multiple of 64 bytes, so that they can be used from where they are read. */
export function toNpy(className: string, data: TensorData, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const fields = `{'descr': '${dtypeOf.get(className)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = magic.length + 4;
  const start = Math.ceil((prefix + fields.length + 1) / alignment) * alignment;
  const bytes = Buffer.allocUnsafeSlow(start + data.byteLength);
  bytes.write(`${magic}\x01\x00`, 0, "latin1");
  bytes.writeUInt16LE(start - prefix, prefix - 2);
  bytes.write(`${fields.padEnd(start - prefix - 1)}\n`, prefix, "latin1");
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/** A view of the bytes where they lie well, a copy elsewhere. Throws an Error that says what is wrong with them. */
export function fromNpy(bytes: Uint8Array): { data: TensorData; shape: number[] } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 12 || file.toString("latin1", 0, magic.length) !== magic)
    throw new Error("it does not begin as an .npy file does");
  const long = (file[6] ?? 0) > 1;
  const prefix = long ? 12 : 10;
  const start = prefix + (long ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const header = file.toString("latin1", prefix, start);
  const dtype = /'descr': *'([^']*)'/.exec(header)?.[1] ?? "";
  const type = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (type === undefined) throw new Error(`its dtype '${dtype}' is none of ${Object.keys(dtypes).join(" ")}`);
  if (/'fortran_order': *True/.test(header))
    throw new Error("it is in column-major order; write it with numpy.ascontiguousarray");
  const shape = /'shape': *\(([^)]*)\)/
    .exec(header)?.[1]
    ?.split(",")
    .map((length) => length.trim())
    .filter(Boolean)
    .map(Number);
  const length = shape?.reduce((product, length) => product * length, 1);
  if (shape === undefined || length === undefined || start + length * type.BYTES_PER_ELEMENT !== file.length) {
    throw new Error(
      `its header ${JSON.stringify(header.trim())} does not fit its ${file.length - start} bytes of data`,
    );
  }
  return { data: viewAs(type, bytes, start, length), shape };
}

function viewAs(type: TypedArrayConstructor, bytes: Uint8Array, start: number, length: number): TensorData {
  const { buffer, byteOffset } = bytes;
  if (buffer instanceof ArrayBuffer && (byteOffset + start) % type.BYTES_PER_ELEMENT === 0)
    return new type(buffer, byteOffset + start, length);
  return new type(new Uint8Array(bytes.subarray(start)).buffer, 0, length);
}
