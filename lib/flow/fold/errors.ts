import { type Location, MillraceError } from "../../errors.ts";
import type { FlowDefinition } from "../definition.ts";
import { nameOf, type Opening, type Scope } from "./scope.ts";

export type FoldErrorCode =
  | "NO_START"
  | "NO_END"
  | "UNKNOWN_STEP"
  | "NO_TRANSITION"
  | "END_GOES_ON"
  | "DUPLICATE_BRANCH"
  | "BRANCH_IS_JOIN"
  | "NO_BRANCHES"
  | "NO_JOIN"
  | "NO_INPUTS"
  | "JOINS_DIFFER"
  | "JOIN_SHARED"
  | "JUMP";

/** A graph that is not made of nested splits and foreachs. */
export class FoldError extends MillraceError {
  declare readonly code: FoldErrorCode;
  /** The steps that the fault is about, the one at `at` first. */
  readonly steps: readonly string[];

  constructor(code: FoldErrorCode, message: string, details: { steps: readonly string[]; at?: Location; fix: string }) {
    super(code, message, { fix: details.fix, at: details.at });
    this.steps = details.steps;
  }
}

/** The faults of one definition, each with its place and its fix. */
export class Faults {
  readonly #definition: FlowDefinition;

  constructor(definition: FlowDefinition) {
    this.#definition = definition;
  }

  noStart(): FoldError {
    return this.#fault(
      "NO_START",
      [],
      `The flow ${this.#definition.name} has no step named start.`,
      "Add the step start: every run begins there.",
    );
  }

  noEnd(): FoldError {
    return this.#fault(
      "NO_END",
      ["start"],
      "No way leads from start to a step named end.",
      "Let the last step go to end.",
    );
  }

  unknownStep(step: string, transition: number, target: string): FoldError {
    const known = Object.keys(this.#definition.steps).join(", ");
    return this.#fault(
      "UNKNOWN_STEP",
      [step, target],
      `${step} goes to ${target}, which is no step of ${this.#definition.name}.`,
      `Name one of its steps: ${known}.`,
      transition,
    );
  }

  noTransition(step: string): FoldError {
    return this.#fault(
      "NO_TRANSITION",
      [step],
      `${step} goes nowhere.`,
      "Every step but end returns this.next(…) or this.foreach(…).",
    );
  }

  endGoesOn(): FoldError {
    return this.#fault(
      "END_GOES_ON",
      ["end"],
      "end goes on to another step.",
      "Rename it, and let the last step of all be end.",
    );
  }

  duplicateBranch(step: string, transition: number, branch: string): FoldError {
    return this.#fault(
      "DUPLICATE_BRANCH",
      [step, branch],
      `${step} splits into ${branch} twice.`,
      "Give each branch a step of its own, or use a foreach.",
      transition,
    );
  }

  branchIsJoin(step: string, transition: number, branch: string): FoldError {
    return this.#fault(
      "BRANCH_IS_JOIN",
      [step, branch],
      `${branch} declares inputs, as a join does, and ${step} begins a branch or a foreach with it.`,
      `Begin with a step that takes no inputs and goes on to ${branch}.`,
      transition,
    );
  }

  /** A plain transition to a join, from where no branches come together. */
  noBranches(step: string, transition: number | undefined, join: string): FoldError {
    return this.#fault(
      "NO_BRANCHES",
      [step, join],
      step === join
        ? `${join} declares inputs, but no branches can come before it.`
        : `${step} goes to ${join}, which declares inputs, but ${step} is in no branch or foreach that ends there.`,
      `Let ${join} take no inputs, or lead to it from the branches of a split or the body of a foreach only.`,
      transition,
    );
  }

  /** A branch or body from which no way leads to a join. */
  noJoin(opening: Opening, branch: Scope | undefined): FoldError {
    const entry = (branch ?? opening.branches[0])?.entry ?? opening.step;
    const to = this.#foreachOr(opening, "its iterations end", "the branches meet");
    return this.#fault(
      "NO_JOIN",
      [opening.step, entry],
      `From ${entry}, in ${nameOf(opening)}, no way leads to a join.`,
      `Let it come to a step that declares inputs, where ${to}.`,
      opening.transition,
    );
  }

  endInside(opening: Opening, step: string, transition: number): FoldError {
    const inputs = this.#foreachOr(opening, "ForeachInputs", "Inputs");
    return this.#fault(
      "NO_JOIN",
      [step, "end", opening.step],
      `${step} goes to end from inside ${nameOf(opening)}: there is no join between.`,
      `Join first, in a step that declares its inputs: ${inputs}<…>.`,
      transition,
    );
  }

  noInputs(step: string, transition: number, target: string, opening: Opening): FoldError {
    const branches = opening.branches.map((branch) => branch.entry);
    const type = `Inputs<${this.#definition.name}, ${branches.map((name) => JSON.stringify(name)).join(" | ")}>`;
    return this.#fault(
      "NO_INPUTS",
      [step, target, opening.step, ...branches],
      `${step} goes to ${target}, where the branches ${branches.join(" and ")} of ${opening.step} meet; but ${target} declares no inputs.`,
      `Declare them: ${target}(inputs: ${type}).`,
      transition,
    );
  }

  joinsDiffer(step: string, transition: number, join: string, opening: Opening): FoldError {
    return this.#fault(
      "JOINS_DIFFER",
      [step, join, opening.step, opening.join ?? join],
      `${step} goes to the join ${join}, but other steps in ${nameOf(opening)} go to the join ${opening.join}.`,
      `Let all of them come to the same join.`,
      transition,
    );
  }

  joinShared(step: string, transition: number, join: string, opening: Opening, owner: Opening): FoldError {
    return this.#fault(
      "JOIN_SHARED",
      [step, join, opening.step, owner.step],
      `${step}, in ${nameOf(opening)}, goes to ${join}, which joins ${nameOf(owner)}.`,
      `Give ${nameOf(opening)} its own join.`,
      transition,
    );
  }

  /** A transition from one region into the middle of another. */
  jump(step: string, transition: number, target: string, from: Scope, to: Scope): FoldError {
    const where = ({ opening, entry }: Scope) => {
      if (opening === undefined) return "outside of every branch and foreach";
      return opening.foreach === undefined ? `in the branch ${entry} of ${opening.step}` : `in ${nameOf(opening)}`;
    };
    return this.#fault(
      "JUMP",
      [step, target],
      `${step}, ${where(from)}, goes to ${target}, ${where(to)}.`,
      "A branch or foreach is entered at its first step and left for its join only. Go through the join, or use a step of its own on each side.",
      transition,
    );
  }

  #foreachOr(opening: Opening, foreach: string, split: string): string {
    return opening.foreach !== undefined ? foreach : split;
  }

  #fault(code: FoldErrorCode, steps: readonly string[], message: string, fix: string, transition?: number): FoldError {
    const [first] = steps;
    const step =
      first === undefined || !Object.hasOwn(this.#definition.steps, first) ? undefined : this.#definition.steps[first];
    const file = step?.file ?? this.#definition.file;
    const line = (transition === undefined ? undefined : step?.transitions[transition]?.line) ?? step?.line;
    const at = file === undefined ? {} : { at: line === undefined ? { file } : { file, line } };
    return new FoldError(code, message, { steps, fix, ...at });
  }
}
