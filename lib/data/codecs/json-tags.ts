import { types } from "node:util";
import { ArtifactFile } from "../file.ts";
import { Tensor, type TensorData } from "../tensor.ts";
import { className } from "./describe.ts";

export type JsonObject = { [key: string]: unknown };

/** How a kind of value that JSON lacks is written: as `{ "$type": name, … }`. */
export interface Tag {
  readonly name: string;
  matches(value: object): boolean;
  /** What is written behind `$type`; its members may themselves need tags. Throws only where a file cannot be read. */
  encode(value: object): JsonObject;
  /** Takes the members with their tags already resolved. May throw anything where they are not what `encode` wrote. */
  decode(members: JsonObject): unknown;
}

const ofJavaScript: readonly Tag[] = [
  tag({
    name: "Date",
    is: types.isDate,
    encode: (date) => ({ value: Number.isNaN(date.getTime()) ? null : date.toISOString() }),
    decode: ({ value }) => new Date(value === null ? Number.NaN : String(value)),
  }),
  tag({
    name: "Map",
    is: (value): value is Map<unknown, unknown> => types.isMap(value),
    encode: (map) => ({ value: [...map] }),
    decode: ({ value }) => new Map(value as [unknown, unknown][]),
  }),
  tag({
    name: "Set",
    is: (value): value is Set<unknown> => types.isSet(value),
    encode: (set) => ({ value: [...set] }),
    decode: ({ value }) => new Set(value as unknown[]),
  }),
  tag({
    name: "RegExp",
    is: types.isRegExp,
    encode: ({ source, flags }) => ({ source, flags }),
    decode: ({ source, flags }) => new RegExp(String(source), String(flags)),
  }),
  tag({
    name: "URL",
    is: (value) => value instanceof URL,
    encode: (url) => ({ value: url.href }),
    decode: ({ value }) => new URL(String(value)),
  }),
  ...binaryTags(),
];

/** Known by their brands: in a minified bundle their classes have other names. */
const ofMillrace: readonly Tag[] = [
  tag({
    name: "Tensor",
    is: (value) => value instanceof Tensor,
    encode: ({ data, shape }) => ({ data, shape }),
    decode: ({ data, shape }) => new Tensor(data as TensorData, shape as number[]),
  }),
  tag({
    name: "ArtifactFile",
    is: (value) => value instanceof ArtifactFile,
    encode: (file) => ({ name: file.name, type: file.type, content: file.bytes() }),
    decode: ({ name, type, content }) => new ArtifactFile(String(name), content as Uint8Array, String(type)),
  }),
];

const byName = new Map([...ofJavaScript, ...ofMillrace].map((tag) => [tag.name, tag]));

/** The tag of exactly the value's class: an instance of a subclass would come back as something else. */
export function tagOf(value: object): Tag | undefined {
  const found = byName.get(className(value));
  return found?.matches(value) ? found : ofMillrace.find((tag) => tag.matches(value));
}

export function tagNamed(name: unknown): Tag | undefined {
  return typeof name === "string" ? byName.get(name) : undefined;
}

function tag<T extends object>(of: {
  name: string;
  is(value: unknown): value is T;
  encode(value: T): JsonObject;
  decode(members: JsonObject): unknown;
}): Tag {
  return { name: of.name, matches: of.is, encode: (value) => of.encode(value as T), decode: of.decode };
}

/** Bytes and typed arrays inside of other values; an artifact that is nothing but a typed array is written as .npy. */
function binaryTags(): readonly Tag[] {
  const views = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    ...("Float16Array" in globalThis ? [Float16Array] : []),
  ];
  return [
    ...views.map((View) => binary(View.name, types.isTypedArray, (buffer) => new View(buffer))),
    binary("Buffer", types.isUint8Array, (buffer) => Buffer.from(buffer)),
    binary("ArrayBuffer", types.isArrayBuffer, (buffer) => buffer),
  ];
}

function binary<T extends NodeJS.TypedArray | ArrayBuffer>(
  name: string,
  is: (value: unknown) => value is T,
  of: (buffer: ArrayBuffer) => unknown,
): Tag {
  return tag({
    name,
    is,
    encode: (value) => ({ base64: toBuffer(value).toString("base64") }),
    decode: ({ base64 }) => of(new Uint8Array(Buffer.from(String(base64), "base64")).buffer),
  });
}

function toBuffer(value: NodeJS.TypedArray | ArrayBuffer): Buffer {
  return types.isArrayBuffer(value)
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
