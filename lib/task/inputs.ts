import { loadArtifact, loadArtifactSync } from "../data/artifacts.ts";
import type { ArtifactRef, BlobStore, Manifest } from "../data/store.ts";
import { UnsetInputError } from "./errors.ts";
import { forEachBounded } from "./parallel.ts";
import type { JoinInput, StepContext } from "./protocol.ts";

/** Bytes of the inputs that are loaded before the join runs; what is beyond loads when it is touched. */
const prefetchBudget = 64 * 1024 * 1024;
const prefetchConcurrency = 32;

/**
 * What a join gets: of a foreach a readonly array in the order of the items, of a split an iterable with a member for each branch. The latter
 * inherits nothing, so that a branch may have the name of any property.
 */
export async function loadInputs(
  context: StepContext,
  blobs: BlobStore,
  joined: readonly JoinInput[],
): Promise<object> {
  const inputs = joined.map((input) => new InputArtifacts(input.branch, input.commit.artifacts));
  await prefetch(context, blobs, inputs);
  const prototype = viewPrototype(context, blobs, inputs);
  const views = inputs.map((input) => Object.defineProperty(Object.create(prototype), state, { value: input }));
  if (context.join?.kind === "foreach") return Object.freeze(views);
  const members = Object.create(null, { [Symbol.iterator]: { value: () => views.values() } });
  for (const [position, input] of inputs.entries()) {
    Object.defineProperty(members, input.branch, { value: views[position], enumerable: true });
  }
  return Object.freeze(members);
}

const state = Symbol("state");

class InputArtifacts {
  readonly branch: string;
  readonly refs: Manifest;
  #values: Map<string, unknown> | undefined;

  constructor(branch: string, refs: Manifest) {
    this.branch = branch;
    this.refs = refs;
  }

  async load(name: string, ref: ArtifactRef, blobs: BlobStore): Promise<void> {
    this.#keep(name, await loadArtifact(ref, blobs));
  }

  value(step: string, name: string, blobs: BlobStore): unknown {
    if (this.#values?.has(name)) return this.#values.get(name);
    const ref = this.refs[name];
    if (ref === undefined) throw new UnsetInputError(step, this.branch, name);
    return this.#keep(name, loadArtifactSync(ref, blobs));
  }

  #keep(name: string, value: unknown): unknown {
    this.#values ??= new Map();
    this.#values.set(name, value);
    return value;
  }
}

/** One accessor for each artifact, shared by all inputs: there may be ten thousand of them. */
function viewPrototype(context: StepContext, blobs: BlobStore, inputs: readonly InputArtifacts[]): object {
  const names = new Set([...context.artifacts, ...context.parameters]);
  for (const input of inputs) for (const name in input.refs) names.add(name);
  const prototype = Object.create(null);
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: { readonly [state]: InputArtifacts }) {
        return this[state].value(context.step, name, blobs);
      },
    });
  }
  return prototype;
}

async function prefetch(context: StepContext, blobs: BlobStore, inputs: readonly InputArtifacts[]): Promise<void> {
  const reads = context.definition.inputReads ?? [];
  const wanted: (() => Promise<void>)[] = [];
  let bytes = 0;
  for (const input of inputs) {
    for (const name of reads === "all" ? Object.keys(input.refs) : reads) {
      const ref = input.refs[name];
      // What is inline needs no request: it is decoded when it is touched.
      if (ref === undefined || ref.inline !== undefined) continue;
      bytes += ref.size;
      if (bytes > prefetchBudget) break;
      wanted.push(() => input.load(name, ref, blobs));
    }
  }
  await forEachBounded(wanted, prefetchConcurrency, (load) => load());
}
