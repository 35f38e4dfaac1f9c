import { loadArtifact } from "../data/artifacts.ts";
import type { ArtifactRef } from "../data/store.ts";
import type { Store } from "./open.ts";

/** One artifact as a task left it. Its value is loaded when it is asked for, and nothing else with it. */
export class Artifact<T = unknown> {
  readonly name: string;
  readonly #ref: ArtifactRef;
  readonly #store: Store;

  constructor(store: Store, name: string, ref: ArtifactRef) {
    this.#store = store;
    this.name = name;
    this.#ref = ref;
  }

  /** What the value is: `number`, `Array(3)`, `Float64Array(1000)`. */
  get type(): string {
    return this.#ref.type;
  }

  /** In bytes, encoded and before compression. */
  get size(): number {
    return this.#ref.size;
  }

  /** The SHA-256 of the encoded value, in hex: equal for equal values. */
  get hash(): string {
    return this.#ref.hash;
  }

  /** How the value is encoded: `json`, `npy`, … */
  get codec(): string {
    return this.#ref.codec;
  }

  /** A fresh value with each call. @throws BlobMissingError, BlobCorruptError, DecodeError */
  async value(): Promise<T> {
    return (await loadArtifact(this.#ref, this.#store.blobs)) as T;
  }
}

/** The values of a flow's artifacts and parameters, each loaded when it is touched. */
export type Data<F> = {
  readonly [Name in keyof F as F[Name] extends (...parameters: never[]) => unknown ? never : Name]: Promise<F[Name]>;
};

/** @param value - Loads one by its name. */
export function dataOf<F>(value: (name: string) => Promise<unknown>): Data<F> {
  return new Proxy({} as Data<F>, {
    // Without `then` it is no promise: it may be returned from an async function.
    get: (_, name) => (typeof name === "string" && name !== "then" ? value(name) : undefined),
  });
}
