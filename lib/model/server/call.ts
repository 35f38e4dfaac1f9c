/** A call of a method, and whether somebody waits for its answer. */
export class Call {
  isAbandoned = false;
  /** Is told why nobody waits any more, once. */
  onAbandon: ((reason: unknown) => void) | undefined;
  #reason: unknown;
  #controller: AbortController | undefined;

  abandon(reason: unknown): void {
    if (this.isAbandoned) return;
    this.isAbandoned = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.onAbandon?.(reason);
  }

  /** Made when it is asked for: most methods do without, and it is a tenth of a small request's time. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isAbandoned) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }
}
