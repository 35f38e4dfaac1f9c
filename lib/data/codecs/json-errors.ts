import { types } from "node:util";
import type { JsonObject } from "./json-tags.ts";

const classes = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
} as const;
const ownFields = new Set(["name", "message", "stack", "cause", "errors"]);

export function isError(value: object): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** An error's name, message, stack and cause, and its enumerable fields such as `code`. */
export function encodeError(error: Error): JsonObject {
  const fields = Object.keys(error).filter((key) => !ownFields.has(key));
  return {
    class: nativeClass(error),
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...("cause" in error ? { cause: error.cause } : {}),
    ...(error instanceof AggregateError ? { errors: error.errors } : {}),
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields.map((key) => [key, Reflect.get(error, key)])) }),
  };
}

/** An error of a class of the user's comes back as the class of JavaScript that it extends, with its own name. */
export function decodeError(members: JsonObject): Error {
  const { class: type, name, message, stack, fields } = members;
  const options = "cause" in members ? { cause: members.cause } : undefined;
  const error =
    type === "AggregateError"
      ? new AggregateError(members.errors as unknown[], String(message), options)
      : new (classOf(type))(String(message), options);
  if (error.name !== name) hide(error, "name", name);
  hide(error, "stack", stack);
  for (const [key, value] of Object.entries((fields ?? {}) as JsonObject)) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

function nativeClass(error: Error): string {
  for (
    let prototype: unknown = Object.getPrototypeOf(error);
    typeof prototype === "object" && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const { name } = prototype.constructor;
    if (Object.hasOwn(classes, name)) return name;
  }
  return "Error";
}

function classOf(name: unknown): new (message: string, options?: ErrorOptions) => Error {
  return typeof name === "string" && Object.hasOwn(classes, name)
    ? classes[name as Exclude<keyof typeof classes, "AggregateError">]
    : Error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
}
