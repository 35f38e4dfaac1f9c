/**
 * Where a task's record is in DynamoDB, for the store and for the states that read a task's count or choice without it. `flow` is
 * `flow@branch`. The record has `transition` (a number) and, where the task ended in a foreach, `count` (a number) at its top level.
 */
import { iterationIndex } from "../flow/path.ts";

/** A partition takes 1,000 writes a second. */
export const ITERATIONS_PER_SHARD = 1_000;
export const MAX_SHARDS = 32;

/** Over how many partitions the tasks of a step spread, `count` being the iterations of the innermost foreach around it. */
export function shardCount(count = 0): number {
  return Math.max(1, Math.min(MAX_SHARDS, Math.ceil(count / ITERATIONS_PER_SHARD)));
}

export function shardOf(path: string, count?: number): number {
  return (iterationIndex(path) ?? 0) % shardCount(count);
}

export function taskPartition(flow: string, run: string, step: string, shard: number): string {
  return `${flow}#R#${run}#${step}#${shard}`;
}

export function taskSort(path: string, visit: number): string {
  return `${path}#${visit}`;
}
