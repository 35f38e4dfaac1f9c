import type { FlowDefinition, Foreach } from "./definition.ts";
import { Faults } from "./fold/errors.ts";
import type { Move, Opening, Scope } from "./fold/scope.ts";
import { findScopes } from "./fold/scopes.ts";
import { walk } from "./fold/walk.ts";

export { FoldError, type FoldErrorCode } from "./fold/errors.ts";

/**
 * The structure of a flow: regions of steps, nested by splits and foreachs. Inside a region any step may go to any other, so that a condition
 * or a loop is just edges; a region is entered at one step and left only for the join of the split or foreach that it belongs to. That is
 * what both a Parallel or Map state and the local scheduler need to know.
 */
export interface Fold {
  readonly root: Region;
  readonly places: ReadonlyMap<string, Place>;
}

export interface Region {
  readonly entry: string;
  /** The region's own steps, those of nested regions left out, in depth-first order from the entry. */
  readonly steps: readonly string[];
  /** Whether a step can run twice on the same path: some exit goes `back`. */
  readonly loops: boolean;
}

/** Where a step stands. */
export interface Place {
  readonly step: string;
  readonly region: Region;
  readonly role: "plain" | "body" | "join";
  /** How many foreachs are around it. */
  readonly depth: number;
  /** One for each of the step's transitions, in their order; a single `end` for the step `end`. */
  readonly exits: readonly Exit[];
  /** Of a join. */
  readonly join?: Join;
}

export type Exit =
  /** `back`: the edge closes a cycle, so that the visit goes up by one. */
  | { readonly kind: "next"; readonly step: string; readonly back: boolean }
  /** Out of the region, to its join. */
  | { readonly kind: "leave"; readonly join: string }
  | { readonly kind: "split"; readonly branches: readonly Region[]; readonly join: string }
  | { readonly kind: "foreach"; readonly foreach: Foreach; readonly body: Region; readonly join: string }
  | { readonly kind: "end" };

/** What a join takes its inputs from. */
export interface Join {
  readonly kind: "split" | "foreach";
  /** The step whose transition opened the regions that meet here. */
  readonly splitter: string;
  /** A split's branches in their order, a foreach's body alone; each is named as its first step. */
  readonly branches: readonly { readonly name: string; readonly leads: readonly Lead[] }[];
  /** Of a foreach: the share of its iterations that may be missing. Default 0. */
  readonly tolerate?: number;
}

/** A transition of a step (an index into its `transitions`) that leads to the join. */
export interface Lead {
  readonly step: string;
  readonly transition: number;
}

/**
 * Finds the structure of a flow, in time linear in its steps and transitions. A step that nothing leads to has no place.
 *
 * @throws FoldError where the graph is not made of nested splits and foreachs; it names the steps, the line and the fix.
 */
export function fold(definition: FlowDefinition): Fold {
  const faults = new Faults(definition);
  const { root, scopeOf, moves, joined } = findScopes(definition, faults);
  const regions = new Map<Scope, Region>();
  const back = new Map<string, ReadonlySet<number>>();
  const places = new Map<string, Place>();

  const regionOf = (scope: Scope): Region => {
    const known = regions.get(scope);
    if (known !== undefined) return known;
    const found = walk(scope.entry, (step) => moves.get(step)?.map(following) ?? []);
    for (const [step, edges] of found.back) back.set(step, edges);
    const region = { entry: scope.entry, steps: found.steps, loops: found.back.size > 0 };
    regions.set(scope, region);
    return region;
  };

  const exitOf = (step: string, index: number, move: Move): Exit => {
    if (move.kind === "next") return { ...move, back: back.get(step)?.has(index) ?? false };
    if (move.kind === "leave") return move;
    const { foreach, join, branches } = move.opening;
    const stray = branches.find((branch) => branch.leads.length === 0);
    if (join === undefined || stray !== undefined) throw faults.noJoin(move.opening, stray);
    const opened = branches.map(regionOf);
    const [body] = opened;
    return foreach === undefined || body === undefined
      ? { kind: "split", branches: opened, join }
      : { kind: "foreach", foreach, body, join };
  };

  for (const [step, scope] of scopeOf) {
    const region = regionOf(scope);
    const opening = joined.get(step);
    const isBody = scope.entry === step && scope.opening?.foreach !== undefined;
    const exits = moves.get(step)?.map((move, index) => exitOf(step, index, move)) ?? [];
    places.set(step, {
      step,
      region,
      role: opening !== undefined ? "join" : isBody ? "body" : "plain",
      depth: scope.depth,
      exits: step === "end" ? [{ kind: "end" }] : exits,
      ...(opening !== undefined && { join: joinOf(opening) }),
    });
  }
  return { root: regionOf(root), places };
}

/** The step of the same region that comes next. */
function following(move: Move): string | undefined {
  if (move.kind === "next") return move.step;
  return move.kind === "open" ? move.opening.join : undefined;
}

function joinOf({ foreach, step, branches }: Opening): Join {
  return {
    kind: foreach === undefined ? "split" : "foreach",
    splitter: step,
    branches: branches.map(({ entry, leads }) => ({ name: entry, leads })),
    ...(foreach?.tolerate !== undefined && { tolerate: foreach.tolerate }),
  };
}
