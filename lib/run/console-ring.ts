import type { ConsoleSink } from "./console.ts";

/** A power of two. */
const size = 2 ** 18;
/** As much is taken at a time, so that the thread fills the rest meanwhile. */
const most = size / 4;
/** Of the counters, which are of all bytes ever and wrap around: what was written, what was read, and whether the reader has been called. */
const written = 0;
const read = 1;
const called = 2;
const header = 16;

/**
 * What a thread writes to its console, in memory that it shares with the scheduler: the scheduler takes in one go what has gathered since it last
 * looked, the thread waits where the scheduler is that far behind, and what it wrote before it died is there.
 */
export class ConsoleRing implements ConsoleSink {
  readonly #counters: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Buffer;
  readonly #call: () => void;

  /** @param call - The thread's: lets the scheduler {@link take} what there is. */
  constructor(buffer = new SharedArrayBuffer(header + size), call = () => {}) {
    this.#counters = new Int32Array(buffer, 0, header / Int32Array.BYTES_PER_ELEMENT);
    this.#bytes = Buffer.from(buffer, header, size);
    this.#call = call;
  }

  get buffer(): SharedArrayBuffer {
    return this.#counters.buffer;
  }

  /** The thread's. */
  byte(byte: number): void {
    this.#put(Buffer.of(byte));
  }

  /** The thread's. */
  text(text: string): void {
    const at = this.#at(written);
    // The most that UTF-8 takes: nearly always it fits where it is to be.
    const needed = text.length * 3;
    if (needed <= Math.min(size - this.#used, size - at)) this.#wrote(this.#bytes.write(text, at));
    else this.#put(Buffer.from(text));
  }

  /** The scheduler's: hands over all that is there now, in parts, which the thread overwrites afterwards. */
  take(consume: (bytes: Buffer) => void): void {
    Atomics.store(this.#counters, called, 0);
    for (let left = this.#used; left > 0; ) {
      const at = this.#at(read);
      const part = this.#bytes.subarray(at, at + Math.min(left, most));
      consume(part);
      left -= part.length;
      Atomics.add(this.#counters, read, part.length);
      Atomics.notify(this.#counters, read);
    }
  }

  #put(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      const before = Atomics.load(this.#counters, read);
      const at = this.#at(written);
      const room = Math.min(size - this.#used, size - at);
      if (room === 0) Atomics.wait(this.#counters, read, before);
      else {
        const part = bytes.subarray(from, from + room);
        this.#bytes.set(part, at);
        this.#wrote(part.length);
        from += part.length;
      }
    }
  }

  #wrote(count: number): void {
    Atomics.add(this.#counters, written, count);
    if (Atomics.exchange(this.#counters, called, 1) === 0) this.#call();
  }

  get #used(): number {
    return (Atomics.load(this.#counters, written) - Atomics.load(this.#counters, read)) | 0;
  }

  #at(counter: number): number {
    return Atomics.load(this.#counters, counter) & (size - 1);
  }
}
