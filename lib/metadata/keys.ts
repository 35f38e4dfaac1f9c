/**
 * Where each record is in DynamoDB, for the store and for the states that read a task's count or choice without it. A task's record has
 * `transition` (a number) and, where the task ended in a foreach, `count` (a number) at its top level.
 *
 * In every function but {@link flowPartition}, `flow` is what that one gives: `flow@branch`.
 */
import { iterationIndex } from "../flow/path.ts";

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** The table's keys, all of them strings. The one index, of runs by start, holds the items that have `gpk`, with all of their attributes. */
export const tableSchema = {
  partitionKey: "pk",
  sortKey: "sk",
  index: { name: "runs", partitionKey: "gpk", sortKey: "gsk" },
} as const;

/** A partition takes 1,000 writes a second. */
export const ITERATIONS_PER_SHARD = 1_000;
export const MAX_SHARDS = 32;

/** A name as part of a key: the marks between parts, and halves of characters, are percent-encoded. */
export function encodeName(name: string): string {
  return name.replace(/[#@%]|\p{Surrogate}/gu, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function decodeName(text: string): string {
  return text.replace(/%(D[89A-F][0-9A-F]{2}|[0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** A flow as deployed from a branch: in the table the partition of its pointers, in the index that of its runs. */
export function flowPartition(flow: string, branch: string): string {
  return `${encodeName(flow)}@${encodeName(branch)}`;
}

/** In the list of flows. */
export function flowKey(flow: string): Key {
  return { pk: "FLOWS", sk: flow };
}

/** The pointer to the latest run, or to the latest that succeeded. */
export function latestKey(flow: string, which: "any" | "succeeded"): Key {
  return { pk: flow, sk: which === "any" ? "LATEST#run" : "LATEST#ok" };
}

export function runKey(flow: string, run: string): Key {
  return { pk: `${flow}#R#${encodeName(run)}`, sk: "META" };
}

/** Sorts runs by start; the id makes it unique. */
export function runSort(startedAt: string, run: string): string {
  return `${startedAt}#${encodeName(run)}`;
}

/** The run's id in what {@link runSort} gave. */
export function runOfSort(text: string): string {
  return decodeName(text.slice(text.indexOf("#") + 1));
}

export function tagPartition(flow: string, tag: string): string {
  return `${flow}#T#${encodeName(tag)}`;
}

/** Tells over how many shards a step's tasks spread; there where it is more than one. */
export function stepKey(flow: string, run: string, step: string): Key {
  return { pk: runKey(flow, run).pk, sk: `S#${encodeName(step)}` };
}

/** Over how many partitions the tasks of a step spread, `count` being the iterations of the innermost foreach around it. */
export function shardCount(count = 0): number {
  return Math.max(1, Math.min(MAX_SHARDS, Math.ceil(count / ITERATIONS_PER_SHARD)));
}

/** Neighbours run at the same time, so they are in different shards. */
export function shardOf(path: string, count?: number): number {
  return (iterationIndex(path) ?? 0) % shardCount(count);
}

export const modelVersionPrefix = "V#";
export const modelAliasPrefix = "A#";

/** In the list of models. */
export function modelListKey(name: string): Key {
  return { pk: "MODELS", sk: encodeName(name) };
}

export function modelKey(name: string, version: string): Key {
  return { pk: `M#${encodeName(name)}`, sk: `${modelVersionPrefix}${encodeName(version)}` };
}

export function modelAliasKey(name: string, alias: string): Key {
  return { pk: `M#${encodeName(name)}`, sk: `${modelAliasPrefix}${encodeName(alias)}` };
}

/** In the list of endpoints. */
export function endpointListKey(endpoint: string): Key {
  return { pk: "ENDPOINTS", sk: endpoint };
}

export function deploymentKey(endpoint: string, id: string): Key {
  return { pk: `D#${endpoint}`, sk: id };
}

/** `source` and `target`: a kind, and a name of that kind. */
export function lineageKey(source: readonly [kind: string, name: string], target: readonly [string, string]): Key {
  return { pk: `L#${source[0]}#${encodeName(source[1])}`, sk: `${target[0]}#${encodeName(target[1])}` };
}

export function taskPartition(flow: string, run: string, step: string, shard: number | string): string {
  return `${flow}#R#${encodeName(run)}#${encodeName(step)}#${shard}`;
}

export function taskSort(path: string, visit: number): string {
  return `${path}#${visit}`;
}
