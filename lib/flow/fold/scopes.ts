import type { FlowDefinition, StepDefinition, Transition } from "../definition.ts";
import type { Faults } from "./errors.ts";
import type { Move, Opening, Scope } from "./scope.ts";

/** What following the transitions from `start` finds. */
export interface Scopes {
  readonly root: Scope;
  /** Where each step that can be reached stands. */
  readonly scopeOf: ReadonlyMap<string, Scope>;
  /** One for each of a step's transitions. */
  readonly moves: ReadonlyMap<string, readonly Move[]>;
  /** What each join joins. */
  readonly joined: ReadonlyMap<string, Opening>;
}

/**
 * Gives every step its region, breadth-first: a split's branches and a foreach's body begin regions of their own, a step that declares inputs
 * stands in the region of the step that split, and every other step where the one before it stands. Whatever gives a step two regions, or a
 * split two joins, is refused.
 */
export function findScopes(definition: FlowDefinition, faults: Faults): Scopes {
  return new ScopeFinder(definition, faults).find();
}

class ScopeFinder {
  readonly #definition: FlowDefinition;
  readonly #faults: Faults;
  readonly #scopeOf = new Map<string, Scope>();
  readonly #joined = new Map<string, Opening>();
  readonly #queue: string[] = [];
  /** Transitions to `end` from inside of a region: judged last, since a more telling fault may lie behind. */
  readonly #ends: { readonly opening: Opening; readonly step: string; readonly transition: number }[] = [];

  constructor(definition: FlowDefinition, faults: Faults) {
    this.#definition = definition;
    this.#faults = faults;
  }

  find(): Scopes {
    const start = this.#find("start");
    if (start === undefined) throw this.#faults.noStart();
    if (start.inputs !== undefined) throw this.#faults.noBranches("start", undefined, "start");
    const root: Scope = { entry: "start", depth: 0, leads: [] };
    const moves = new Map<string, readonly Move[]>();
    this.#place("start", root);
    for (const step of this.#queue) moves.set(step, this.#follow(step, this.#scopeOf.get(step) ?? root));
    for (const { opening, step, transition } of this.#ends) throw this.#faults.endInside(opening, step, transition);
    if (!this.#scopeOf.has("end")) throw this.#faults.noEnd();
    return { root, scopeOf: this.#scopeOf, moves, joined: this.#joined };
  }

  #find(name: string): StepDefinition | undefined {
    return Object.hasOwn(this.#definition.steps, name) ? this.#definition.steps[name] : undefined;
  }

  #place(step: string, scope: Scope): void {
    this.#scopeOf.set(step, scope);
    this.#queue.push(step);
  }

  #follow(step: string, scope: Scope): Move[] {
    const transitions = this.#find(step)?.transitions ?? [];
    if (step === "end" && transitions.length > 0) throw this.#faults.endGoesOn();
    if (step !== "end" && transitions.length === 0) throw this.#faults.noTransition(step);
    return transitions.map((transition, index) => this.#move(step, index, scope, transition));
  }

  #move(step: string, index: number, scope: Scope, transition: Transition): Move {
    const targets = targetsOf(transition);
    const unknown = targets.find((target) => this.#find(target) === undefined);
    if (unknown !== undefined) throw this.#faults.unknownStep(step, index, unknown);
    const [target] = targets;
    if (target === undefined) throw this.#faults.noTransition(step);
    if (transition.kind === "foreach" || targets.length > 1) return this.#open(step, index, scope, transition);
    return this.#find(target)?.inputs === undefined
      ? this.#next(step, index, scope, target)
      : this.#leave(step, index, scope, target);
  }

  #open(step: string, index: number, around: Scope, transition: Transition): Move {
    const foreach = transition.kind === "foreach" ? transition : undefined;
    const branches: Scope[] = [];
    const opening: Opening = { step, transition: index, around, branches, ...(foreach && { foreach }) };
    const depth = around.depth + (foreach ? 1 : 0);
    for (const entry of targetsOf(transition)) {
      if (this.#find(entry)?.inputs !== undefined) throw this.#faults.branchIsJoin(step, index, entry);
      const other = this.#scopeOf.get(entry);
      if (other?.opening === opening) throw this.#faults.duplicateBranch(step, index, entry);
      if (other !== undefined) throw this.#faults.jump(step, index, entry, around, other);
      const scope: Scope = { entry, opening, depth, leads: [] };
      branches.push(scope);
      this.#place(entry, scope);
    }
    return { kind: "open", opening };
  }

  #leave(step: string, index: number, scope: Scope, join: string): Move {
    const { opening } = scope;
    const owner = this.#joined.get(join);
    if (opening === undefined || owner?.around === scope) throw this.#faults.noBranches(step, index, join);
    if (owner !== undefined && owner !== opening) throw this.#faults.joinShared(step, index, join, opening, owner);
    if (owner === undefined && opening.join !== undefined) throw this.#faults.joinsDiffer(step, index, join, opening);
    if (owner === undefined) {
      opening.join = join;
      this.#joined.set(join, opening);
      this.#place(join, opening.around);
    }
    scope.leads.push({ step, transition: index });
    return { kind: "leave", join };
  }

  #next(step: string, index: number, scope: Scope, target: string): Move {
    const { opening } = scope;
    const other = this.#scopeOf.get(target);
    if (other === undefined) this.#place(target, scope);
    if (target === "end") {
      if (opening !== undefined) this.#ends.push({ opening, step, transition: index });
    } else if (other !== undefined && other !== scope) {
      const meet = opening !== undefined && opening === other.opening && target !== other.entry;
      throw meet
        ? this.#faults.noInputs(step, index, target, opening)
        : this.#faults.jump(step, index, target, scope, other);
    }
    return { kind: "next", step: target };
  }
}

function targetsOf(transition: Transition): readonly string[] {
  return transition.kind === "foreach" ? [transition.body] : transition.steps;
}
