const remembered = 50;

/**
 * What a call costs: duration = perRow · rows + perCall, fitted by least squares over the last calls (as in Clipper, Crankshaw et al., NSDI 2017,
 * and BentoML's dispatcher).
 */
export class CostModel {
  readonly #calls: { readonly rows: number; readonly duration: number }[] = [];
  #next = 0;
  #perRow = 0;
  #perCall = 0;

  /** Whether there was a call yet. */
  get isKnown(): boolean {
    return this.#calls.length > 0;
  }

  /** @param duration Milliseconds. */
  observe(rows: number, duration: number): void {
    this.#calls[this.#next] = { rows, duration };
    this.#next = (this.#next + 1) % remembered;
    this.#fit();
  }

  /** Milliseconds that a call with so many rows takes; 0 before the first call. */
  estimate(rows: number): number {
    return this.#perRow * rows + this.#perCall;
  }

  #fit(): void {
    const count = this.#calls.length;
    const meanRows = this.#calls.reduce((sum, { rows }) => sum + rows, 0) / count;
    const meanDuration = this.#calls.reduce((sum, { duration }) => sum + duration, 0) / count;
    let [covariance, variance] = [0, 0];
    for (const { rows, duration } of this.#calls) {
      covariance += (rows - meanRows) * (duration - meanDuration);
      variance += (rows - meanRows) ** 2;
    }
    // Neither part can be negative: what noise makes of it is cut off. Calls of one size don't tell the parts apart: then all is the call's.
    const slope = variance === 0 ? 0 : covariance / variance;
    this.#perRow = Math.min(Math.max(0, slope), meanDuration / meanRows);
    this.#perCall = meanDuration - this.#perRow * meanRows;
  }
}
