export interface AdamOptions {
  readonly learningRate: number;
}

const decay = { mean: 0.9, square: 0.999 };
const epsilon = 1e-7;

/** Changes weights in place, each by a rate of its own (D. P. Kingma and J. Ba, 2015: https://arxiv.org/abs/1412.6980, algorithm 1). */
export class Adam {
  readonly #weights: readonly number[][];
  readonly #learningRate: number;
  readonly #mean: number[][];
  readonly #square: number[][];
  #steps = 0;

  constructor(weights: readonly number[][], { learningRate }: AdamOptions) {
    this.#weights = weights;
    this.#learningRate = learningRate;
    this.#mean = weights.map((row) => row.map(() => 0));
    this.#square = weights.map((row) => row.map(() => 0));
  }

  /** @param gradient In the shape of the weights. */
  descend(gradient: readonly (readonly number[])[]): void {
    this.#steps++;
    const unbiased = Math.sqrt(1 - decay.square ** this.#steps) / (1 - decay.mean ** this.#steps);
    for (const [i, row] of this.#weights.entries()) {
      const mean = this.#mean[i] ?? [];
      const square = this.#square[i] ?? [];
      for (const [j, slope] of (gradient[i] ?? []).entries()) {
        const m = decay.mean * (mean[j] ?? 0) + (1 - decay.mean) * slope;
        const v = decay.square * (square[j] ?? 0) + (1 - decay.square) * slope ** 2;
        mean[j] = m;
        square[j] = v;
        row[j] = (row[j] ?? 0) - (this.#learningRate * unbiased * m) / (Math.sqrt(v) + epsilon);
      }
    }
  }
}
