const remembered = 50;

/**
 * What a call costs: duration = perRow · rows + perCall, fitted by least squares over the last calls (as in Clipper, Crankshaw et al., NSDI 2017,
 * and BentoML's dispatcher). Sums are kept, so that a call costs the same however many are remembered.
 */
export class CostModel {
  readonly #rows = new Float64Array(remembered);
  readonly #durations = new Float64Array(remembered);
  #next = 0;
  #count = 0;
  #sumRows = 0;
  #sumDurations = 0;
  #sumSquares = 0;
  #sumProducts = 0;
  #perRow = 0;
  #perCall = 0;

  /** @param duration Milliseconds. */
  observe(rows: number, duration: number): void {
    if (this.#count === remembered) this.#add(this.#rows[this.#next] ?? 0, this.#durations[this.#next] ?? 0, -1);
    else this.#count++;
    this.#rows[this.#next] = rows;
    this.#durations[this.#next] = duration;
    this.#add(rows, duration, 1);
    this.#next = (this.#next + 1) % remembered;
    this.#fit();
  }

  /** Milliseconds that a call with so many rows takes; 0 before the first call. */
  estimate(rows: number): number {
    return this.#perRow * rows + this.#perCall;
  }

  #add(rows: number, duration: number, times: 1 | -1): void {
    this.#sumRows += times * rows;
    this.#sumDurations += times * duration;
    this.#sumSquares += times * rows * rows;
    this.#sumProducts += times * rows * duration;
  }

  #fit(): void {
    const count = this.#count;
    const variance = count * this.#sumSquares - this.#sumRows ** 2;
    const covariance = count * this.#sumProducts - this.#sumRows * this.#sumDurations;
    // Neither part can be negative: what noise makes of it is cut off. Calls of one size don't tell the parts apart: then all is the call's.
    const slope = variance > 0 ? covariance / variance : 0;
    this.#perRow = Math.min(Math.max(0, slope), this.#sumDurations / this.#sumRows);
    this.#perCall = Math.max(0, this.#sumDurations - this.#perRow * this.#sumRows) / count;
  }
}
