import type { z } from "zod";
import { nearest } from "../check/near.ts";
import { FlowCheckError, type Problem } from "../check/problem.ts";
import type { Source } from "./source.ts";

/** What the members of a flow's file look like, for the fix of a problem. */
const examples: Readonly<Record<string, string>> = {
  version: "version: 1",
  name: "name: Train",
  parameters: "parameters: { alpha: { type: number, default: 0.5 } }",
  artifacts: "artifacts: [rows, model]",
  steps: "steps: { start: { handler: steps.ts#start, next: end }, end: { handler: steps.ts#end } }",
  handler: "handler: steps.ts#train",
  command: "command: [python, train.py]",
  image: "image: python:3.13-slim",
  next: "next: train, or next: [left, right] for a split",
  foreach: "foreach: { items: rows, body: train }",
  transitions: "transitions: [{ next: train }, { next: end }]",
  inputs: "inputs: [left, right], or inputs: true after a foreach",
  reads: "reads: [rows]",
  writes: "writes: [model]",
  compute: "compute: { kind: batch, vcpu: 4, memory: 8 GiB }",
  retry: "retry: 3, or retry: { times: 3, interval: 10 s }",
  timeout: "timeout: 5 min",
  deploy: "deploy: { endpoint: iris, service: service.ts, instanceType: ml.m5.large }",
};

/** @throws FlowCheckError with every value of the file that is not what the schema says. */
export function validate<T>(source: Source, schema: z.ZodType<T>): T {
  const result = schema.safeParse(source.data, { error: expectation });
  if (result.success) return result.data;
  throw new FlowCheckError(
    source.file,
    result.error.issues.flatMap((issue) => problemsOf(source, issue)),
  );
}

/** A fault of the value at `path`. */
export function problemAt(source: Source, path: readonly PropertyKey[], message: string, fix: string): Problem {
  return { code: "FILE_VALUE", message, fix, at: { file: source.file, line: source.lineOf(path) } };
}

function problemsOf(source: Source, issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, issue.message.split(" "));
      const fix = near === undefined ? "Remove it." : `Did you mean ${near}?`;
      return problemAt(source, [...path, key], `${label(path)} has no member ${JSON.stringify(key)}.`, fix);
    });
  }
  const value = valueAt(source.data, path);
  const message =
    value === undefined
      ? `${label(path)} is missing: it must be ${issue.message}.`
      : `${label(path)} must be ${issue.message}; received ${show(issue.code === "invalid_key" ? path.at(-1) : value)}.`;
  const example = examples[String(path.findLast((part) => typeof part === "string" && Object.hasOwn(examples, part)))];
  return [problemAt(source, path, message, example === undefined ? "Correct the value." : `Write ${example}.`)];
}

/** What a value must be, to stand behind "must be"; of unknown members, those that there are. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "unrecognized_keys":
      return Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {}).join(" ");
    case "invalid_type":
      return types[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map(show).join(", ")}`;
    case "too_small":
      return issue.origin === "array" ? "a list with an entry" : `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      return `one of ${((issue.options ?? []) as readonly unknown[]).map(show).join(", ")}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? "a name";
    default:
      return undefined;
  }
}

const types: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping of names",
};

function label(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "The flow" : path.map(String).join(".");
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
