import type { FlowDefinition } from "../definition.ts";
import type { Fold, Join, Region } from "../fold.ts";

/** Why an artifact can be without a value. */
export type Unset =
  | { readonly kind: "never" }
  /** Changed in several of a split's branches. */
  | {
      readonly kind: "branches";
      readonly splitter: string;
      readonly join: string;
      readonly branches: readonly string[];
    }
  /** Changed in the iterations of a foreach. */
  | { readonly kind: "foreach"; readonly splitter: string; readonly join: string };

type UnsetArtifacts = ReadonlyMap<string, Unset>;

export interface UnsetReport {
  /** The artifacts that have no value on some way to the step. */
  before(step: string): UnsetArtifacts;
  /** Whether the artifact has no value at the end of any branch that the join joins. */
  inEveryInput(join: string, artifact: string): boolean;
}

const none: UnsetArtifacts = new Map();

/**
 * A forward analysis over the fold: which artifacts can be unset where a step begins. At a join it follows the three-way merge: an artifact
 * that no branch changes, or one alone, is carried on; one that several change, or a foreach's body, is unset. A step of which the source does
 * not tell what it reads may set anything: behind it, nothing is held to be unset.
 *
 * The sets only grow, so that it ends after few rounds, loops or not.
 */
export function findUnset(definition: FlowDefinition, fold: Fold): UnsetReport {
  return new UnsetFinder(definition, fold).find();
}

class UnsetFinder {
  readonly #definition: FlowDefinition;
  readonly #fold: Fold;
  readonly #before = new Map<string, UnsetArtifacts>();
  readonly #after = new Map<string, UnsetArtifacts>();
  readonly #changes = new Map<Region, Changes>();
  /** The regions of a join's branches, by the join and the branch's name. */
  readonly #branches = new Map<string, Map<string, Region>>();

  constructor(definition: FlowDefinition, fold: Fold) {
    this.#definition = definition;
    this.#fold = fold;
  }

  find(): UnsetReport {
    const initialized = new Set(this.#definition.initialized);
    const first = this.#definition.artifacts.filter((name) => !initialized.has(name));
    this.#before.set("start", new Map(first.map((name) => [name, { kind: "never" }])));
    const queue = new Set(["start"]);
    for (const step of queue) {
      queue.delete(step);
      const after = this.#through(step);
      if (this.#after.get(step) === after) continue;
      this.#after.set(step, after);
      for (const target of this.#pass(step, after)) queue.add(target);
    }
    return {
      before: (step) => this.#before.get(step) ?? none,
      inEveryInput: (join, artifact) => {
        const branches = this.#fold.places.get(join)?.join?.branches ?? [];
        return branches.every(({ leads }) => leads.some(({ step }) => this.#after.get(step)?.has(artifact)));
      },
    };
  }

  #through(step: string): UnsetArtifacts {
    const before = this.#before.get(step) ?? none;
    const { writes = [], reads } = this.#definition.steps[step] ?? {};
    const after = reads === "all" ? none : without(before, writes);
    const known = this.#after.get(step);
    return known !== undefined && known.size === after.size ? known : after;
  }

  /** Hands on what is unset after a step; gives the steps for which that is news. */
  *#pass(step: string, after: UnsetArtifacts): Iterable<string> {
    for (const exit of this.#fold.places.get(step)?.exits ?? []) {
      if (exit.kind === "next") {
        if (this.#add(exit.step, after)) yield exit.step;
      } else if (exit.kind === "leave") {
        yield* this.#join(exit.join);
      } else if (exit.kind !== "end") {
        const regions = exit.kind === "split" ? exit.branches : [exit.body];
        this.#branches.set(exit.join, new Map(regions.map((region) => [region.entry, region])));
        for (const { entry } of regions) if (this.#add(entry, after)) yield entry;
        yield* this.#join(exit.join);
      }
    }
  }

  *#join(name: string): Iterable<string> {
    const join = this.#fold.places.get(name)?.join;
    if (join !== undefined && this.#add(name, this.#merged(name, join))) yield name;
  }

  #add(step: string, more: UnsetArtifacts): boolean {
    const known = this.#before.get(step);
    if (known === undefined) {
      this.#before.set(step, more);
      return true;
    }
    const added = [...more].filter(([name]) => !known.has(name));
    if (added.length > 0) this.#before.set(step, new Map([...known, ...added]));
    return added.length > 0;
  }

  #merged(name: string, { kind, splitter, branches }: Join): UnsetArtifacts {
    const unset = new Map<string, Unset>();
    const changes = branches.map((branch) => {
      const region = this.#branches.get(name)?.get(branch.name);
      return { ...branch, changes: region === undefined ? unchanged : this.#changesIn(region) };
    });
    const changed = new Map<string, (typeof changes)[number][]>();
    for (const branch of changes) {
      for (const artifact of branch.changes.written) changed.set(artifact, [...(changed.get(artifact) ?? []), branch]);
    }
    const opaque = kind === "split" && changes.some((branch) => branch.changes.opaque);
    for (const [artifact, why] of this.#after.get(splitter) ?? none) {
      if (!changed.has(artifact) && !opaque) unset.set(artifact, why);
    }
    for (const [artifact, [only, ...others]] of changed) {
      if (kind === "foreach") unset.set(artifact, { kind, splitter, join: name });
      else if (others.length > 0 && only !== undefined) {
        const names = [only, ...others].map((branch) => branch.name);
        unset.set(artifact, { kind: "branches", splitter, join: name, branches: names });
      } else {
        for (const { step } of only?.leads ?? []) {
          const why = this.#after.get(step)?.get(artifact);
          if (why !== undefined) unset.set(artifact, why);
        }
      }
    }
    return unset;
  }

  #changesIn(region: Region): Changes {
    const known = this.#changes.get(region);
    if (known !== undefined) return known;
    const written = new Set<string>();
    let opaque = false;
    for (const name of region.steps) {
      const step = this.#definition.steps[name];
      if (step?.reads === "all") opaque = true;
      for (const artifact of step?.writes ?? []) written.add(artifact);
      for (const exit of this.#fold.places.get(name)?.exits ?? []) {
        const inner = exit.kind === "split" ? exit.branches : exit.kind === "foreach" ? [exit.body] : [];
        for (const nested of inner.map((nested) => this.#changesIn(nested))) {
          for (const artifact of nested.written) written.add(artifact);
          opaque ||= nested.opaque;
        }
      }
    }
    const changes = { written, opaque };
    this.#changes.set(region, changes);
    return changes;
  }
}

/** What the steps of a region change, nested ones included. */
interface Changes {
  readonly written: ReadonlySet<string>;
  readonly opaque: boolean;
}

const unchanged: Changes = { written: new Set(), opaque: false };

function without(unset: UnsetArtifacts, names: readonly string[]): UnsetArtifacts {
  if (!names.some((name) => unset.has(name))) return unset;
  const written = new Set(names);
  return new Map([...unset].filter(([name]) => !written.has(name)));
}
