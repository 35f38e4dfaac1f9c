import { inspect, types } from "node:util";
import { DecodeError, EncodeError, unreadableFile, unreadableValue } from "../errors.ts";
import { isTable } from "./arrow.ts";
import type { Codec } from "./codec.ts";
import { className } from "./describe.ts";
import { decodeError, encodeError, isError } from "./json-errors.ts";
import { pathTo } from "./json-path.ts";
import { type JsonObject, type Tag, tagNamed, tagOf } from "./json-tags.ts";

/**
 * JSON, and what JavaScript has beyond it. What JSON can say is written as plain JSON; anything else as `{ "$type": "Map", … }`. A key
 * of an object that is itself `$type`, `$$type`, … gets one `$` more, so that no object can be mistaken for a tag. An object that occurs
 * twice is written twice. `toJSON` is honoured; without one, an instance of a class is an error, since its methods would be lost.
 */
export const jsonCodec: Codec = {
  name: "json",
  mediaType: "application/json",
  matches: () => true,
  encode: encodeJson,
  decode(bytes) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      const value: unknown = JSON.parse(text);
      return text.includes('$type"') ? raise(value) : value;
    } catch (error) {
      throw new DecodeError("json", error instanceof Error ? error.message : String(error), { cause: error });
    }
  },
};

/** The codec's text. @throws EncodeError */
export function encodeJson(value: unknown, at: string): string {
  const writer = new Writer(at, value);
  try {
    return JSON.stringify(writer.lower(value));
  } catch (error) {
    if (error instanceof EncodeError) throw error;
    throw error instanceof RangeError ? tooLarge(error, at) : unreadableValue(writer.path(), error);
  }
}

/** Turns a value into one that JSON can say; what already is so is passed on, not copied. */
class Writer {
  readonly #at: string;
  readonly #root: unknown;
  readonly #ancestors = new Set<object>();
  readonly #keys: (string | number)[] = [];

  constructor(at: string, root: unknown) {
    this.#at = at;
    this.#root = root;
  }

  lower(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { $type: "number", value: Object.is(value, -0) ? "-0" : `${value}` };
      case "undefined":
        return { $type: "undefined" };
      case "bigint":
        return { $type: "bigint", value: `${value}` };
      case "object":
        return value === null ? null : this.#lowerObject(value);
      default:
        throw this.#refused(
          `is a ${typeof value}, which cannot be stored`,
          "Keep it in a variable of the step instead of a field.",
        );
    }
  }

  #lowerObject(value: object): unknown {
    if (this.#ancestors.has(value)) {
      throw this.#refused(
        "refers back to an object that it is part of",
        "Store a tree: refer by a key or an index instead.",
      );
    }
    this.#ancestors.add(value);
    const lowered = this.#lowerNew(value);
    this.#ancestors.delete(value);
    return lowered;
  }

  #lowerNew(value: object): unknown {
    if (Array.isArray(value)) return className(value) === "Array" ? this.#lowerArray(value) : this.#instance(value);
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    if (types.isArrayBuffer(buffer) && buffer.detached) {
      throw this.#refused("has no bytes: its ArrayBuffer is detached", "Store it before it is transferred, or a copy.");
    }
    const tag = tagOf(value);
    if (tag !== undefined) return { $type: tag.name, ...this.#lowerMembers(this.#membersOf(tag, value)) };
    if (isError(value)) return { $type: "Error", ...this.#lowerMembers(encodeError(value)) };
    if ("toJSON" in value && typeof value.toJSON === "function") return this.lower(value.toJSON());
    if (!isPlain(value)) this.#instance(value);
    const symbol = Object.getOwnPropertySymbols(value).find((key) =>
      Object.prototype.propertyIsEnumerable.call(value, key),
    );
    if (symbol !== undefined) {
      throw this.#refused(`has the key ${String(symbol)}, which would not come back`, "Use a text as the key.");
    }
    return this.#lowerMembers(value as JsonObject, escapeKey);
  }

  #membersOf(tag: Tag, value: object): JsonObject {
    try {
      return tag.encode(value);
    } catch (error) {
      throw unreadableFile(this.path(), error);
    }
  }

  #lowerArray(values: readonly unknown[]): readonly unknown[] {
    const lost = propertyBesideElements(values);
    if (lost !== undefined) {
      throw this.#refused(
        `is an array with the property ${lost}, which would not come back`,
        "Store an object with both as members, or the elements alone: [...array].",
      );
    }
    let copy: unknown[] | undefined;
    for (let index = 0; index < values.length; index++) {
      const lowered = this.#lowerMember(index, values[index]);
      if (lowered !== values[index] && copy === undefined) copy = values.slice(0, index);
      copy?.push(lowered);
    }
    return copy ?? values;
  }

  #lowerMembers(members: JsonObject, rename = same): JsonObject {
    let changed = false;
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(members)) {
      const lowered = this.#lowerMember(key, members[key]);
      const renamed = rename(key);
      changed ||= lowered !== members[key] || renamed !== key;
      entries.push([renamed, lowered]);
    }
    return changed ? Object.fromEntries(entries) : members;
  }

  #lowerMember(key: string | number, value: unknown): unknown {
    this.#keys.push(key);
    const lowered = this.lower(value);
    this.#keys.pop();
    return lowered;
  }

  #instance(value: object): never {
    if (isTable(value)) throw this.#refused("is a table, which is stored by itself", "Give it a field of its own.");
    const name = className(value);
    throw this.#refused(
      `is an instance of ${name}, which would come back without its methods`,
      `Store a plain object, or give ${name} a method toJSON() that returns one.`,
    );
  }

  #refused(problem: string, fix: string): EncodeError {
    return new EncodeError(this.path(), problem, fix);
  }

  /** Where it is just now. */
  path(): string {
    return pathTo(this.#at, this.#root, this.#keys);
  }
}

/** Resolves the tags of a parsed value, in place where it can. */
function raise(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = raise(value[index]);
    return value;
  }
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [unescapeKey(key), raise(member)]));
  return Object.hasOwn(value, "$type") ? fromTag((value as JsonObject).$type, members) : members;
}

function fromTag(type: unknown, members: JsonObject): unknown {
  if (type === "undefined") return undefined;
  if (type === "number") return Number(members.value);
  if (type === "bigint") return BigInt(String(members.value));
  if (type === "Error") return decodeError(members);
  const tag = tagNamed(type);
  if (tag === undefined) throw new TypeError(`this version knows no $type ${JSON.stringify(type)}`);
  return tag.decode(members);
}

function escapeKey(key: string): string {
  return /^\$+type$/.test(key) ? `$${key}` : key;
}

function unescapeKey(key: string): string {
  return /^\$\$+type$/.test(key) ? key.slice(1) : key;
}

function same(key: string): string {
  return key;
}

/** An object literal, also one without a prototype or of another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Longer ones are looked at through `inspect`, which alone can leave the elements out: listing a million keys takes longer than writing them. */
const shortArray = 64;

/** An enumerable property of an array that is no element of it, such as the `index` of what `match` gives. */
function propertyBesideElements(values: readonly unknown[]): string | undefined {
  if (values.length <= shortArray) {
    if (Reflect.ownKeys(values).at(-1) === "length") return undefined;
  } else {
    const outside = inspect(values, { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity });
    if (/^\[ \.\.\. \d+ more items \]$/.test(outside)) return undefined;
  }
  const isElement = (key: string | symbol) => typeof key === "string" && /^(0|[1-9]\d*)$/.test(key);
  const isLost = (key: string | symbol) => !isElement(key) && Object.prototype.propertyIsEnumerable.call(values, key);
  return Reflect.ownKeys(values).filter(isLost).map(String)[0];
}

function tooLarge(cause: RangeError, at: string): EncodeError {
  if (/call stack/.test(cause.message))
    return new EncodeError(at, "is nested too deeply", "Store it as a flat list.", cause);
  const fix = "Store large numbers as a typed array, and bytes as a Uint8Array, each in a field of its own.";
  return new EncodeError(at, "is too large to be written as JSON", fix, cause);
}
