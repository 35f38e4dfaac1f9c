/**
 * Tasks that stop together: those of a run, and within it those of each split and foreach, as the first failure among them stops the rest.
 */
export class Scope {
  #reason: unknown;
  #stopped = false;
  readonly #stops = new Set<(reason: unknown) => void>();
  readonly #leave: () => void;

  constructor(parent?: Scope) {
    const stop = (reason: unknown) => this.stop(reason);
    this.#leave = parent?.onStop(stop) ?? (() => {});
  }

  /** Calls `callback` when the scope is stopped, at once where it has been; answers with how to take that back. */
  onStop(callback: (reason: unknown) => void): () => void {
    if (this.#stopped) {
      callback(this.#reason);
      return () => {};
    }
    this.#stops.add(callback);
    return () => this.#stops.delete(callback);
  }

  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#reason = reason;
    for (const callback of this.#stops) callback(reason);
    this.#stops.clear();
    this.#leave();
  }

  /** Ends the scope in peace: nothing is left in it to stop. */
  close(): void {
    this.#leave();
  }

  throwIfStopped(): void {
    if (this.#stopped) throw this.#reason;
  }
}
