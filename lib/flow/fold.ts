import type { FlowDefinition, Foreach } from "./definition.ts";

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
}

/** A transition of a step (an index into its `transitions`) that leads to the join. */
export interface Lead {
  readonly step: string;
  readonly transition: number;
}

export declare function fold(definition: FlowDefinition): Fold;
