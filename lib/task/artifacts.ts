import { hash } from "node:crypto";
import { InlineBudget, loadArtifact, loadArtifactSync, storeArtifact } from "../data/artifacts.ts";
import { encode } from "../data/codecs/index.ts";
import { DecodeError } from "../data/errors.ts";
import type { Items } from "../data/items.ts";
import type { ArtifactRef, BlobStore, Manifest } from "../data/store.ts";
import { ForeachItemsError, ParameterWriteError, UndeclaredArtifactError, UnsetArtifactError } from "./errors.ts";
import { sameValue } from "./merge.ts";
import type { StepContext } from "./protocol.ts";

interface Cell {
  readonly name: string;
  readonly ref: ArtifactRef | undefined;
  /** `stored`: not here yet. `loaded`: here, not handed out. `read`: handed out, so that it may have been changed in place. */
  state: "unset" | "stored" | "loaded" | "read" | "assigned";
  value: unknown;
}

/**
 * The artifacts of one task, as attributes of the object that its step runs on: loaded when they are touched, and stored again only where
 * they were assigned or changed in place.
 */
export class TaskArtifacts {
  readonly #context: StepContext;
  readonly #blobs: BlobStore;
  readonly #conflicts: ReadonlyMap<string, readonly string[]>;
  readonly #cells = new Map<string, Cell>();
  readonly #parameters: Record<string, ArtifactRef> = {};

  constructor(
    context: StepContext,
    blobs: BlobStore,
    manifest: Manifest,
    conflicts: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.#context = context;
    this.#blobs = blobs;
    this.#conflicts = conflicts;
    const parameters = new Set(context.parameters);
    for (const name of new Set([...context.artifacts, ...context.parameters, ...Object.keys(manifest)])) {
      const ref = manifest[name];
      if (ref !== undefined && parameters.has(name)) this.#parameters[name] = ref;
      this.#cells.set(name, { name, ref, state: ref === undefined ? "unset" : "stored", value: undefined });
    }
  }

  /** Loads in parallel what the step will read, as far as it is known. */
  async prefetch(names: readonly string[] | "all"): Promise<void> {
    const cells = names === "all" ? [...this.#cells.values()] : names.flatMap((name) => this.#cells.get(name) ?? []);
    await Promise.all(
      cells.map(async (cell) => {
        if (cell.state !== "stored" || cell.ref === undefined) return;
        try {
          cell.value = await loadArtifact(cell.ref, this.#blobs);
          cell.state = "loaded";
        } catch (error) {
          // What cannot be read is an error where it is touched: the step may only pass it on.
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
    );
  }

  /** Takes the first values from the fields of a flow that was just constructed. */
  initialize(flow: object, unset: unknown): void {
    for (const name of this.#context.artifacts) {
      const cell = this.#cells.get(name);
      const value = (flow as Record<string, unknown>)[name];
      if (cell === undefined || !Object.hasOwn(flow, name) || value === unset) continue;
      cell.value = value;
      cell.state = "assigned";
    }
  }

  /** Replaces the attributes of `target` by accessors; what was in them is discarded. */
  attach(target: object): void {
    const parameters = new Set(this.#context.parameters);
    for (const cell of this.#cells.values()) {
      const get = () => this.#read(cell, get);
      const set = (value: unknown) => {
        if (parameters.has(cell.name)) throw at(set, new ParameterWriteError(this.#context.step, cell.name));
        cell.value = value;
        cell.state = "assigned";
      };
      Object.defineProperty(target, cell.name, { configurable: true, enumerable: true, get, set });
    }
  }

  value(name: string): unknown {
    const cell = this.#cells.get(name);
    if (cell === undefined) throw new UnsetArtifactError(this.#context.step, name);
    return this.#read(cell);
  }

  /** What a foreach goes over, where its definition names the artifact. @throws ForeachItemsError */
  items(name: string | undefined): Items {
    const value = name === undefined ? undefined : this.value(name);
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return value as Items;
    throw new ForeachItemsError(this.#context.step, name ?? "");
  }

  #read(cell: Cell, accessor?: () => unknown): unknown {
    if (cell.state === "unset") {
      throw at(accessor, new UnsetArtifactError(this.#context.step, cell.name, this.#conflicts.get(cell.name)));
    }
    if (cell.state === "stored" && cell.ref !== undefined) cell.value = loadArtifactSync(cell.ref, this.#blobs);
    if (cell.state !== "assigned") cell.state = "read";
    return this.#parameters[cell.name] === undefined ? cell.value : deepFreeze(cell.value);
  }

  /** Encodes and stores what the step assigned to `target` or changed in place; answers with all that is visible after it. */
  async collect(target: object): Promise<Manifest> {
    for (const name of Object.keys(target)) {
      if (!this.#cells.has(name)) throw new UndeclaredArtifactError(this.#context.step, name);
    }
    const manifest: Record<string, ArtifactRef> = { ...this.#parameters };
    const changed: Cell[] = [];
    for (const cell of this.#cells.values()) {
      // `delete this.x` leaves the artifact unset.
      if (manifest[cell.name] !== undefined || !Object.hasOwn(target, cell.name)) continue;
      if (mayHaveChanged(cell)) changed.push(cell);
      else if (cell.ref !== undefined) manifest[cell.name] = cell.ref;
    }
    const budget = new InlineBudget(manifest);
    await Promise.all(
      changed.map(async (cell) => {
        const ref = await storeArtifact(cell.value, `this.${cell.name}`, this.#blobs, budget);
        const same = cell.ref !== undefined && (sameValue(ref, cell.ref) || (await this.#isAsLoaded(cell, ref)));
        manifest[cell.name] = same && cell.ref !== undefined ? cell.ref : ref;
      }),
    );
    return manifest;
  }

  /** Whether a value is the one that was loaded, in other bytes: Python writes 1.0 where JavaScript writes 1, and bytes as an array of numbers. */
  async #isAsLoaded(cell: Cell, ref: ArtifactRef): Promise<boolean> {
    if (cell.state !== "read" || cell.ref === undefined) return false;
    // The other codecs write a value in one way.
    if (ref.codec === cell.ref.codec && ref.codec !== "json") return false;
    const { codec, bytes } = encode(await loadArtifact(cell.ref, this.#blobs), `this.${cell.name}`);
    return codec === ref.codec && hash("sha256", bytes, "hex") === ref.hash;
  }
}

function mayHaveChanged(cell: Cell): boolean {
  return cell.state === "assigned" || (cell.state === "read" && !isPrimitive(cell.value));
}

/** The error, as if it came from where the accessor was used. */
function at(accessor: ((value: unknown) => unknown) | undefined, error: Error): Error {
  if (accessor !== undefined) Error.captureStackTrace(error, accessor);
  return error;
}

/** A parameter of JSON keeps its value in every step: changing it in place is an error, as assigning it is. */
function deepFreeze(value: unknown): unknown {
  if (isPrimitive(value) || Object.isFrozen(value)) return value;
  for (const member of Object.values(value as object)) deepFreeze(member);
  return Object.freeze(value);
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
