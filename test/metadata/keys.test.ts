import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childPath } from "../../lib/flow/path.ts";
import {
  decodeName,
  deploymentKey,
  encodeName,
  endpointListKey,
  flowKey,
  flowPartition,
  type Key,
  latestKey,
  lineageKey,
  modelKey,
  runKey,
  runOfSort,
  runSort,
  shardCount,
  shardOf,
  stepKey,
  tagPartition,
  taskPartition,
  taskSort,
} from "../../lib/metadata/keys.ts";

const name = fc.oneof(
  fc.string({ unit: fc.constantFrom("#", "@", "%", "/", "2", "3", "R", "T", "S", "a", "\ud800", "\udc00", "é", "🌊") }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("FLOWS", "META", "LATEST#run", "main", "", "a#R#b", "%23", "#"),
);
const path = fc
  .array(fc.record({ visit: fc.nat(12), index: fc.option(fc.nat(12), { nil: undefined }) }), { maxLength: 3 })
  .map((regions) => regions.reduce((outer, { visit, index }) => childPath(outer, visit, index), ""));

/** Every address of a record, with the key that it gets. */
const record: fc.Arbitrary<{ address: readonly unknown[]; key: Key }> = fc
  .record({ kind: fc.nat(9), flow: name, branch: name, run: name, step: name, tag: name, path, visit: fc.nat(12) })
  .map(({ kind, flow, branch, run, step, tag, path, visit }) => {
    const partition = flowPartition(flow, branch);
    const all = [
      { address: ["flow", flow, branch], key: flowKey(partition) },
      { address: ["latest", flow, branch], key: latestKey(partition, "any") },
      { address: ["run", flow, branch, run], key: runKey(partition, run) },
      { address: ["step", flow, branch, run, step], key: stepKey(partition, run, step) },
      {
        address: ["tag", flow, branch, tag, run],
        key: { pk: tagPartition(partition, tag), sk: runSort("2026-01-01T00:00:00.000Z", run) },
      },
      {
        address: ["task", flow, branch, run, step, path, visit],
        key: { pk: taskPartition(partition, run, step, shardOf(path)), sk: taskSort(path, visit) },
      },
      { address: ["model", flow, run], key: modelKey(flow, run) },
      { address: ["endpoint", visit], key: endpointListKey(`iris-${visit}`) },
      { address: ["deployment", visit, step], key: deploymentKey(`iris-${visit}`, step) },
      { address: ["lineage", flow, run], key: lineageKey(["run", flow], ["deployment", run]) },
    ];
    return all[kind] ?? all[0];
  })
  .filter((made) => made !== undefined);

describe("keys in DynamoDB", () => {
  it("are as they are written down", () => {
    const flow = flowPartition("BranchFlow", "main");
    expect([
      flowKey(flow),
      latestKey(flow, "any"),
      latestKey(flow, "succeeded"),
      runKey(flow, "r1"),
      stepKey(flow, "r1", "fit"),
      { pk: tagPartition(flow, "nightly"), sk: runSort("2026-01-01T00:00:00.000Z", "r1") },
      { pk: taskPartition(flow, "r1", "fit", shardOf("1.1234", 2_500)), sk: taskSort("1.1234", 2) },
      endpointListKey("iris"),
      deploymentKey("iris", "d1"),
      lineageKey(["model", "iris:v1"], ["deployment", "iris/d1"]),
    ]).toEqual([
      { pk: "FLOWS", sk: "BranchFlow@main" },
      { pk: "BranchFlow@main", sk: "LATEST#run" },
      { pk: "BranchFlow@main", sk: "LATEST#ok" },
      { pk: "BranchFlow@main#R#r1", sk: "META" },
      { pk: "BranchFlow@main#R#r1", sk: "S#fit" },
      { pk: "BranchFlow@main#T#nightly", sk: "2026-01-01T00:00:00.000Z#r1" },
      { pk: "BranchFlow@main#R#r1#fit#1", sk: "1.1234#2" },
      { pk: "ENDPOINTS", sk: "iris" },
      { pk: "D#iris", sk: "d1" },
      { pk: "L#model#iris:v1", sk: "deployment#iris/d1" },
    ]);
  });

  it("are different for different addresses, whatever the names", () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        const same = JSON.stringify(a.address) === JSON.stringify(b.address);
        expect(JSON.stringify(a.key) === JSON.stringify(b.key)).toBe(same);
      }),
      { numRuns: 5_000 },
    );
  });

  it("hold names that come back, in text that UTF-8 does not change", () => {
    fc.assert(
      fc.property(name, (each) => {
        const encoded = encodeName(each);
        expect(decodeName(encoded)).toBe(each);
        expect(encoded.isWellFormed()).toBe(true);
        expect(encoded).not.toMatch(/[#@]/);
        expect(runOfSort(runSort("2026-01-01T00:00:00.000Z", each))).toBe(each);
      }),
    );
  });

  it("spread the tasks of a large foreach evenly over shards", () => {
    expect([undefined, 0, 1, 1_000, 1_001, 2_500, 32_000, 1_000_000].map(shardCount)).toEqual([
      1, 1, 1, 1, 2, 3, 32, 32,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), (count) => {
        const sizes = new Array(shardCount(count)).fill(0);
        for (let index = 0; index < count; index++) sizes[shardOf(`7.${index}`, count)]++;
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 20 },
    );
  });
});
