/**
 * How many of its requests a thread has begun, shared between the thread and the scheduler: a request that waits in a thread can be taken back
 * although the thread is busy and reads no message.
 */
export class Claims {
  readonly #begun: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#begun = new Int32Array(buffer);
  }

  get buffer(): SharedArrayBuffer {
    return this.#begun.buffer;
  }

  /** The thread's: begins the request after `begun` others. `false` where it was taken back. */
  begin(begun: number): boolean {
    return Atomics.compareExchange(this.#begun, 0, begun, begun + 1) === begun;
  }

  /** The scheduler's: how many have begun. No other begins before the thread restarts. */
  close(): number {
    return Math.max(0, Atomics.exchange(this.#begun, 0, closed));
  }

  /** The thread's. */
  restart(): void {
    Atomics.store(this.#begun, 0, 0);
  }
}

const closed = -1;
