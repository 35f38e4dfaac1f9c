import type { ArtifactRef, Manifest } from "../data/store.ts";

/** What a join begins with: the artifacts that it has, and for each that its inputs do not agree on, the inputs that changed it. */
export interface Merge {
  readonly artifacts: Manifest;
  readonly conflicts: ReadonlyMap<string, readonly string[]>;
}

export interface MergeInput {
  readonly branch: string;
  readonly artifacts: Manifest;
}

/**
 * Merges three-way, each artifact by itself, against its value at the split. Changed by nobody or by one branch, or by several to the same
 * value, it is carried on; changed by several to different values, or by any iteration of a foreach, it is unset until the join sets it (so
 * that what a join sees does not depend on how many items there were).
 */
export function merge(kind: "split" | "foreach", base: Manifest, inputs: readonly MergeInput[]): Merge {
  const names = new Set(Object.keys(base));
  for (const input of inputs) for (const name in input.artifacts) names.add(name);

  const artifacts: Record<string, ArtifactRef> = {};
  const conflicts = new Map<string, readonly string[]>();
  for (const name of names) {
    const before = base[name];
    const changed = inputs.filter((input) => !sameValue(input.artifacts[name], before));
    const first = changed[0];
    const agreed =
      kind === "split" && changed.every((input) => sameValue(input.artifacts[name], first?.artifacts[name]));
    const value = first === undefined ? before : agreed ? first.artifacts[name] : undefined;
    if (value !== undefined) artifacts[name] = value;
    else if (first !== undefined && !agreed) conflicts.set(name, [...new Set(changed.map((input) => input.branch))]);
  }
  return { artifacts, conflicts };
}

/** Values are the same where their bytes are, read in the same way. */
export function sameValue(a: ArtifactRef | undefined, b: ArtifactRef | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.hash === b.hash && a.codec === b.codec);
}
