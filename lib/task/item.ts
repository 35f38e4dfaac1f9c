import { loadArtifact, loadArtifactSync } from "../data/artifacts.ts";
import type { ArtifactRef, BlobStore } from "../data/store.ts";
import type { Item } from "../metadata/records.ts";

/** The item of the iteration that a task is in; read at once for a foreach's body, for the steps after it when they touch it. */
export class TaskItem {
  readonly address: Item;
  readonly #blobs: BlobStore;
  #value: { readonly of: unknown } | undefined;

  constructor(address: Item, blobs: BlobStore) {
    this.address = address;
    this.#blobs = blobs;
  }

  async load(): Promise<void> {
    const { frame, position } = this.address;
    if (!lastFrames.get(this.#blobs)?.has(frame, position)) this.#keep(await loadArtifact(frame, this.#blobs));
  }

  get value(): unknown {
    const { frame, position } = this.address;
    if (this.#value === undefined) {
      if (!lastFrames.get(this.#blobs)?.has(frame, position)) this.#keep(loadArtifactSync(frame, this.#blobs));
      this.#value = { of: lastFrames.get(this.#blobs)?.take(position) };
    }
    return this.#value.of;
  }

  #keep(items: unknown): void {
    lastFrames.set(this.#blobs, new Frame(this.address.frame, items));
  }
}

/** Of each blob store the frame that was read last: its other items are likely to be asked for next. */
const lastFrames = new WeakMap<BlobStore, Frame>();

/** Hands out each item once, since a task may change what it is given. */
class Frame {
  readonly #hash: string;
  readonly #items: ArrayLike<unknown>;
  readonly #taken = new Set<number>();

  constructor(ref: ArtifactRef, items: unknown) {
    this.#hash = ref.hash;
    this.#items = items as ArrayLike<unknown>;
  }

  has(ref: ArtifactRef, position: number): boolean {
    return this.#hash === ref.hash && !this.#taken.has(position);
  }

  take(position: number): unknown {
    this.#taken.add(position);
    return this.#items[position];
  }
}
