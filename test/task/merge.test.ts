import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArtifactRef, Manifest } from "../../lib/data/store.ts";
import { merge } from "../../lib/task/merge.ts";

/** A value's reference, as far as a merge looks at it. */
function ref(value: number): ArtifactRef {
  return { hash: String(value), size: 1, codec: "json", type: "number", inline: String(value) };
}

const manifest = fc
  .dictionary(fc.constantFrom("x", "y", "constructor"), fc.integer({ min: 0, max: 2 }))
  .map((values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, ref(value)])) as Manifest);

const inputs = fc
  .array(manifest, { maxLength: 4 })
  .map((manifests) => manifests.map((artifacts, i) => ({ branch: `b${i}`, artifacts })));

describe("a join begins with", () => {
  test("of each artifact what nobody changed, or what all that changed it agree on", () => {
    fc.assert(
      fc.property(manifest, inputs, (base, joined) => {
        const { artifacts, conflicts } = merge("split", base, joined);
        for (const name of ["x", "y", "constructor"]) {
          const before = hashOf(base, name);
          const values = new Set(
            joined.map((input) => hashOf(input.artifacts, name)).filter((value) => value !== before),
          );
          const expected = values.size === 0 ? before : values.size === 1 ? [...values][0] : undefined;
          expect(hashOf(artifacts, name)).toBe(expected);
          expect(conflicts.has(name)).toBe(values.size > 1);
        }
      }),
    );
  });

  test("after a foreach only what no iteration changed", () => {
    fc.assert(
      fc.property(manifest, inputs, (base, joined) => {
        const { artifacts } = merge("foreach", base, joined);
        for (const name of ["x", "y", "constructor"]) {
          const before = hashOf(base, name);
          const changed = joined.some((input) => hashOf(input.artifacts, name) !== before);
          expect(hashOf(artifacts, name)).toBe(changed ? undefined : before);
        }
      }),
    );
  });

  test("the branches that an artifact is in conflict between", () => {
    const { conflicts } = merge("split", { x: ref(0) }, [
      { branch: "a", artifacts: { x: ref(1) } },
      { branch: "b", artifacts: { x: ref(0) } },
      { branch: "c", artifacts: { x: ref(2) } },
    ]);
    expect(conflicts).toEqual(new Map([["x", ["a", "c"]]]));
  });

  test("two values where the same bytes are read in different ways", () => {
    const joined = [
      { branch: "a", artifacts: { x: ref(1) } },
      { branch: "b", artifacts: { x: { ...ref(1), codec: "bytes" } } },
    ];
    expect(merge("split", {}, joined)).toEqual({ artifacts: {}, conflicts: new Map([["x", ["a", "b"]]]) });
  });
});

function hashOf(artifacts: Manifest, name: string): string | undefined {
  return Object.hasOwn(artifacts, name) ? artifacts[name]?.hash : undefined;
}
