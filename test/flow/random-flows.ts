import fc from "fast-check";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { flow, foreach, join, next, step } from "./flows.ts";

/** A flow as it was meant: blocks in blocks. */
export type Block =
  | { readonly kind: "step" }
  | { readonly kind: "sequence" | "split" | "choice"; readonly blocks: readonly Block[] }
  | { readonly kind: "foreach" | "loop"; readonly block: Block };

export interface Meant {
  readonly region: { entry: string; loops: boolean };
  readonly depth: number;
  readonly role: "plain" | "body" | "join";
  /** Of a join. */
  readonly splitter?: string;
}

export interface NestedFlow {
  readonly definition: FlowDefinition;
  /** Where each step must stand. */
  readonly meant: ReadonlyMap<string, Meant>;
}

const blocks = fc.letrec<{ block: Block }>((tie) => {
  const several = fc.array(tie("block"), { minLength: 2, maxLength: 3 });
  return {
    block: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      fc.constant<Block>({ kind: "step" }),
      fc.record({ kind: fc.constantFrom("sequence" as const, "split" as const, "choice" as const), blocks: several }),
      fc.record({ kind: fc.constantFrom("foreach" as const, "loop" as const), block: tie("block") }),
    ),
  };
}).block;

/** Flows of blocks in blocks, which must fold to what they were made of. */
export const nestedFlows: fc.Arbitrary<NestedFlow> = blocks.map(build);

type RegionMeant = { entry: string; loops: boolean };

function build(block: Block): NestedFlow {
  const steps: Record<string, StepDefinition> = {};
  const meant = new Map<string, Meant>();
  let count = 0;

  const add = (kind: string, region: RegionMeant, depth: number, extra: Partial<Meant> = {}): string => {
    const name = `${kind}${count++}`;
    meant.set(name, { region, depth, role: "plain", ...extra });
    return name;
  };

  /** Makes the block's steps, the last of which go on to `after`; answers with the first. */
  const emit = (block: Block, after: string, region: RegionMeant, depth: number): string => {
    switch (block.kind) {
      case "step": {
        const name = add("step", region, depth);
        steps[name] = step([next(after)]);
        return name;
      }
      case "sequence":
        return block.blocks.reduceRight((later, part) => emit(part, later, region, depth), after);
      case "choice": {
        const name = add("choice", region, depth);
        const arms = block.blocks.map((arm) => emit(arm, after, region, depth));
        steps[name] = step([...arms, after].map((arm) => next(arm)));
        return name;
      }
      case "loop": {
        region.loops = true;
        const name = add("again", region, depth);
        const entry = emit(block.block, name, region, depth);
        steps[name] = step([next(entry), next(after)]);
        return entry;
      }
      case "split":
      case "foreach": {
        const splitter = add(block.kind, region, depth);
        const joiner = add("join", region, depth, { role: "join", splitter });
        const inside = "block" in block ? [block.block] : block.blocks;
        const entries = inside.map((part) => {
          const nested = { entry: "", loops: false };
          nested.entry = emit(part, joiner, nested, depth + (block.kind === "foreach" ? 1 : 0));
          return nested.entry;
        });
        const [body = ""] = entries;
        const entered = meant.get(body);
        if (block.kind === "foreach" && entered !== undefined) meant.set(body, { ...entered, role: "body" });
        steps[splitter] = step([block.kind === "foreach" ? foreach(body) : next(...entries)]);
        steps[joiner] = join([next(after)]);
        return splitter;
      }
    }
  };

  const root = { entry: "start", loops: false };
  meant.set("start", { region: root, depth: 0, role: "plain" });
  meant.set("end", { region: root, depth: 0, role: "plain" });
  steps.start = step([next(emit(block, "end", root, 0))]);
  return { definition: flow(steps), meant };
}

/** Nested flows with one to three transitions led elsewhere, or inputs declared elsewhere: most of them nest no more. */
export const brokenFlows: fc.Arbitrary<FlowDefinition> = fc
  .tuple(
    nestedFlows,
    fc.array(fc.record({ what: fc.constantFrom("target", "inputs", "split"), at: fc.nat(), to: fc.nat() }), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([{ definition }, changes]) => {
    const steps: Record<string, StepDefinition> = { ...definition.steps };
    const names = Object.keys(steps);
    const pick = (index: number) => names[index % names.length] ?? "start";
    for (const { what, at, to } of changes) {
      const name = pick(at);
      const { inputs, ...changed } = steps[name] ?? step([]);
      if (what === "inputs") steps[name] = inputs === undefined ? { ...changed, inputs: true } : changed;
      if (name === "end" || what === "inputs") continue;
      const [first, ...rest] = changed.transitions;
      const led = what === "target" || first?.kind !== "next" ? next(pick(to)) : next(...first.steps, pick(to));
      steps[name] = { ...changed, ...(inputs && { inputs }), transitions: [led, ...rest] };
    }
    return { ...definition, steps };
  });
