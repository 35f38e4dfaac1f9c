import { countRows, isRows, joinRows, type Rows, sliceRows } from "../../service/rows.ts";
import { overloaded } from "../errors.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import { CostModel } from "./cost.ts";

/** Calls the model once: a result for each row, in their order. */
export type CallRows = (rows: Rows) => unknown;

export interface BatcherOptions {
  /** Rows of one call. */
  readonly maxSize: number;
  /** Milliseconds. */
  readonly maxLatency: number;
  /** Is told of each call. */
  readonly onCall?: (rows: number) => void;
}

/** Who waits for the results of some rows. */
interface Waiting {
  readonly isAbandoned: boolean;
}

interface Entry {
  readonly rows: Rows;
  readonly count: number;
  readonly waiting: Waiting | undefined;
  readonly arrivedAt: number;
  resolve(results: Rows): void;
  reject(error: unknown): void;
}

/** Requests that go into one call; of a request with more rows than a call takes, into several. */
interface Batch {
  readonly entries: Entry[];
  /** Of rows. */
  count: number;
}

/** How much the last gap between two requests counts in the mean. */
const weight = 0.1;

/**
 * Puts the rows of requests together for one call at a time. While a call runs, requests gather; when none runs, they wait for more only as
 * long as that pays: `n` requests that wait for the next one lose `n · gap`, the next one is spared a call of its own.
 */
export class Batcher {
  readonly #call: CallRows;
  readonly #options: BatcherOptions;
  readonly #cost = new CostModel();
  /** In the order of their calls; the last one may take more. */
  readonly #queue: Batch[] = [];
  #queuedCalls = 0;
  #isRunning = false;
  #isWaiting = false;
  /** Milliseconds between two requests, in the mean. */
  #gap: number;
  #lastArrival = performance.now();

  constructor(call: CallRows, options: BatcherOptions) {
    this.#call = call;
    this.#options = options;
    this.#gap = options.maxLatency;
  }

  /**
   * @param waiting Asked when the call is made: rows that nobody waits for any more are left out.
   * @returns The results of the rows, at once where the method returns at once and waiting for more requests does not pay.
   * @throws RequestError 503 where the calls that come before would take longer than the latency that is allowed; what the model throws.
   */
  submit(rows: Rows, waiting?: Waiting): MaybePromise<Rows> {
    const { maxSize, maxLatency } = this.#options;
    const count = countRows(rows);
    if (count === 0) return [];
    const last = this.#queue.at(-1);
    const open = last !== undefined && last.count + count <= maxSize ? last : undefined;
    const ahead = (open === undefined ? this.#queuedCalls : this.#queuedCalls - 1) * this.#cost.estimate(maxSize);
    if (ahead > maxLatency) throw overloaded(Math.ceil(ahead / 1000));
    const arrivedAt = performance.now();
    this.#gap += (Math.min(arrivedAt - this.#lastArrival, maxLatency) - this.#gap) * weight;
    this.#lastArrival = arrivedAt;
    if (!this.#isRunning && last === undefined && count <= maxSize && !this.#pays(1, count)) {
      return this.#alone(rows, count, arrivedAt);
    }
    return new Promise((resolve, reject) => {
      this.#enqueue({ rows, count, waiting, arrivedAt, resolve, reject }, open);
      this.#next();
    });
  }

  #enqueue(entry: Entry, open: Batch | undefined): void {
    if (open === undefined) {
      this.#queue.push({ entries: [entry], count: entry.count });
      this.#queuedCalls += this.#callsOf(entry.count);
    } else {
      open.entries.push(entry);
      open.count += entry.count;
    }
  }

  #callsOf(rows: number): number {
    return Math.ceil(rows / this.#options.maxSize);
  }

  /** The rows of one request in a call of their own. */
  #alone(rows: Rows, count: number, began: number): MaybePromise<Rows> {
    this.#isRunning = true;
    let results: MaybePromise<Rows> | undefined;
    try {
      results = this.#callOnce(rows, count, began);
    } finally {
      if (!isPromise(results)) this.#end();
    }
    if (!isPromise(results)) return results;
    return results.finally(() => this.#end());
  }

  #next(): void {
    const [first] = this.#queue;
    if (this.#isRunning || first === undefined) return;
    const patience = this.#patience(first);
    if (patience > 0) {
      this.#wait(patience);
      return;
    }
    this.#queue.shift();
    this.#queuedCalls -= this.#callsOf(first.count);
    const entries = first.entries.filter(({ waiting }) => waiting?.isAbandoned !== true);
    if (entries.length === 0) this.#next();
    else void this.#run(entries);
  }

  /** Milliseconds after which it is to be looked at again whether more came; 0 where waiting does not pay. */
  #patience({ entries, count }: Batch): number {
    const { maxSize, maxLatency } = this.#options;
    const [oldest] = entries;
    const isFull = count >= maxSize || this.#queue.length > 1;
    if (oldest === undefined || isFull || !this.#pays(entries.length, count)) return 0;
    // No request for two gaps: there is nobody left to wait for.
    return Math.min(oldest.arrivedAt + maxLatency, this.#lastArrival + 2 * this.#gap) - performance.now();
  }

  /** Whether it pays that so many requests wait for one more. */
  #pays(requests: number, rows: number): boolean {
    return (requests + 1) * this.#gap < this.#cost.estimate(rows);
  }

  #wait(patience: number): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const wake = () => {
      this.#isWaiting = false;
      this.#next();
    };
    // A timer takes a millisecond at least; a turn of the event loop takes what has arrived.
    if (patience < 1) setImmediate(wake);
    else setTimeout(wake, patience);
  }

  async #run(entries: readonly Entry[]): Promise<void> {
    this.#isRunning = true;
    try {
      const results = await this.#results(joinRows(entries.map(({ rows }) => rows)));
      let from = 0;
      for (const { count, resolve } of entries) {
        resolve(sliceRows(results, from, from + count));
        from += count;
      }
    } catch (error) {
      if (entries.length === 1) entries[0]?.reject(error);
      else await this.#runEach(entries);
    }
    this.#end();
  }

  /** One request's rows may be what the model can't take: the others are answered all the same. */
  async #runEach(entries: readonly Entry[]): Promise<void> {
    for (const { rows, waiting, resolve, reject } of entries) {
      if (waiting?.isAbandoned !== true) await this.#results(rows).then(resolve, reject);
    }
  }

  #end(): void {
    this.#isRunning = false;
    // What arrives next is counted from here: while a call keeps the thread, nothing arrives.
    this.#lastArrival = performance.now();
    this.#next();
  }

  /** More rows than one call takes are cut into several. */
  async #results(rows: Rows): Promise<Rows> {
    const { maxSize } = this.#options;
    const count = countRows(rows);
    if (count <= maxSize) return await this.#callOnce(rows, count, performance.now());
    const results: Rows[] = [];
    for (let from = 0; from < count; from += maxSize) {
      const to = Math.min(from + maxSize, count);
      results.push(await this.#callOnce(sliceRows(rows, from, to), to - from, performance.now()));
    }
    return joinRows(results);
  }

  #callOnce(rows: Rows, count: number, began: number): MaybePromise<Rows> {
    const answered = this.#call(rows);
    if (!isPromise(answered)) return this.#observed(answered, count, began);
    return answered.then((results) => this.#observed(results, count, began));
  }

  #observed(answered: unknown, count: number, began: number): Rows {
    this.#cost.observe(count, performance.now() - began);
    this.#options.onCall?.(count);
    if (isRows(answered) && countRows(answered) === count) return answered;
    const what = isRows(answered) ? `${countRows(answered)} results` : typeof answered;
    throw new TypeError(`The method returned ${what} for ${count} rows.`);
  }
}
