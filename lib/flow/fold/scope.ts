import type { Foreach } from "../definition.ts";
import type { Lead } from "../fold.ts";

/** A region in the making: what a step belongs to, found by following the transitions from `start`. */
export interface Scope {
  readonly entry: string;
  /** Absent on the region of `start`. */
  readonly opening?: Opening;
  /** How many foreachs are around it. */
  readonly depth: number;
  /** The transitions that leave it for its join. */
  readonly leads: Lead[];
}

/** A split or foreach: the transition that opens regions, and where they meet. */
export interface Opening {
  /** Absent for a split. */
  readonly foreach?: Foreach;
  readonly step: string;
  readonly transition: number;
  /** Where the splitter stands, and the join after it. */
  readonly around: Scope;
  readonly branches: readonly Scope[];
  /** Known once the first branch has come to it. */
  join?: string;
}

/** What a transition turned out to be. */
export type Move =
  | { readonly kind: "next"; readonly step: string }
  | { readonly kind: "leave"; readonly join: string }
  | { readonly kind: "open"; readonly opening: Opening };

/** As people call it: "the split of start". */
export function nameOf({ foreach, step }: Opening): string {
  return `the ${foreach === undefined ? "split" : "foreach"} of ${step}`;
}
