import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { type Fold, FoldError, fold, type Region } from "../../lib/flow/fold.ts";
import { brokenFlows, nestedFlows } from "./random-flows.ts";
import { runTokens } from "./tokens.ts";

/** For each step, the openings around it, as the token run writes them. */
function chains(folded: Fold): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (region: Region, chain: readonly string[]) => {
    for (const step of region.steps) {
      found.set(step, chain.join(" "));
      folded.places.get(step)?.exits.forEach((exit, index) => {
        const nested = exit.kind === "split" ? exit.branches : exit.kind === "foreach" ? [exit.body] : [];
        for (const branch of nested) visit(branch, [...chain, `${step}/${index}:${branch.entry}`]);
      });
    }
  };
  visit(folded.root, []);
  return found;
}

function foldOrRefuse(definition: FlowDefinition): Fold | FoldError {
  try {
    return fold(definition);
  } catch (error) {
    if (error instanceof FoldError) return error;
    throw error;
  }
}

describe("a flow of random blocks in blocks", () => {
  it("folds to what it was made of", () => {
    fc.assert(
      fc.property(nestedFlows, ({ definition, meant }) => {
        const { places } = fold(definition);
        const found = [...places.values()].map(({ step, region, depth, role, join }) => [
          step,
          {
            region: { entry: region.entry, loops: region.loops },
            depth,
            role,
            ...(join && { splitter: join.splitter }),
          },
        ]);
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(meant));
      }),
      { numRuns: 500 },
    );
  });

  it("has each of its steps in one region, and an exit for each transition", () => {
    fc.assert(
      fc.property(nestedFlows, ({ definition }) => {
        const { root, places } = fold(definition);
        const inRegions = [...chains({ root, places }).keys()];
        expect(inRegions.sort()).toEqual(Object.keys(definition.steps).sort());
        for (const [step, { transitions }] of Object.entries(definition.steps)) {
          expect(places.get(step)?.exits.length).toBe(step === "end" ? 1 : transitions.length);
        }
      }),
    );
  });

  it("tells each join all the transitions that lead to it", () => {
    fc.assert(
      fc.property(nestedFlows, ({ definition }) => {
        const { places } = fold(definition);
        for (const { step, join } of places.values()) {
          const leads =
            join?.branches.flatMap((branch) => branch.leads.map((lead) => `${lead.step}.${lead.transition}`)) ?? [];
          const leaving = [...places.values()].flatMap((place) =>
            place.exits.flatMap((exit, index) =>
              exit.kind === "leave" && exit.join === step ? [`${place.step}.${index}`] : [],
            ),
          );
          expect(leads.sort()).toEqual(leaving.sort());
        }
      }),
    );
  });

  it("goes back somewhere on every way that comes by a step twice", () => {
    fc.assert(
      fc.property(nestedFlows, ({ definition }) => {
        const { places } = fold(definition);
        const forward = (step: string): string[] =>
          (places.get(step)?.exits ?? []).flatMap((exit) => {
            if (exit.kind === "next") return exit.back ? [] : [exit.step];
            return exit.kind === "split" || exit.kind === "foreach" ? [exit.join] : [];
          });
        for (const start of places.keys()) {
          const reached = new Set<string>();
          const queue = forward(start);
          for (const step of queue) {
            if (reached.has(step)) continue;
            reached.add(step);
            queue.push(...forward(step));
          }
          expect(reached.has(start)).toBe(false);
        }
      }),
    );
  });
});

describe("a graph with random faults", () => {
  it("is refused with the steps named, or runs as the fold says", () => {
    const decisions = fc.infiniteStream(fc.nat({ max: 1000 }));
    fc.assert(
      fc.property(brokenFlows, decisions, (definition, stream) => {
        const folded = foldOrRefuse(definition);
        if (folded instanceof FoldError) {
          expect(folded.steps.length).toBeGreaterThan(0);
          expect(Object.keys(definition.steps)).toEqual(expect.arrayContaining([...folded.steps]));
          for (const step of folded.steps) expect(folded.message).toContain(step);
          expect(folded.at).toEqual({ file: "flow.ts", line: definition.steps[folded.steps[0] ?? ""]?.line });
          expect(folded.fix).toMatch(/^[A-Z].*\.$/);
          return;
        }
        const claimed = chains(folded);
        for (const [step, chain] of runTokens(definition, () => stream.next().value ?? 0)) {
          expect(claimed.get(step)).toBe(chain);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("of both kinds come about", () => {
    const kinds = fc
      .sample(brokenFlows, { numRuns: 300, seed: 1 })
      .map((definition) => foldOrRefuse(definition) instanceof FoldError);
    expect(new Set(kinds)).toEqual(new Set([true, false]));
  });
});
