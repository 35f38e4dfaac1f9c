import type { Call } from "./call.ts";

/** The longest that a timer of Node takes. */
const longest = 2 ** 31 - 1;

/** Abandons calls that take too long. All have the same time-out, so the oldest is due first: one timer does for all of them. */
export class Deadlines {
  readonly #timeout: number;
  readonly #reason: () => unknown;
  readonly #due = new Map<Call, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param timeout Milliseconds.
   * @param reason What a call is abandoned with.
   */
  constructor(timeout: number, reason: () => unknown) {
    this.#timeout = Math.min(timeout, longest);
    this.#reason = reason;
  }

  add(call: Call): void {
    this.#due.set(call, performance.now() + this.#timeout);
    if (this.#timer === undefined) this.#wait(this.#timeout);
    else if (this.#due.size === 1) this.#timer.ref();
  }

  delete(call: Call): void {
    // Nobody waits: the timer may go on, but keeps no process alive.
    if (this.#due.delete(call) && this.#due.size === 0) this.#timer?.unref();
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (const [call, due] of this.#due) {
        if (due > now) return this.#wait(Math.ceil(due - now));
        this.#due.delete(call);
        call.abandon(this.#reason());
      }
    }, milliseconds);
  }
}
