import { type Example, type Network, probability } from "./network.ts";

export interface Metrics {
  readonly examples: number;
  readonly crossEntropy: number;
  readonly accuracy: number;
}

export function evaluate(network: Network, examples: readonly Example[]): Metrics {
  const ofRightLabel = examples.map(({ features, label }) => {
    const p = probability(network, features);
    return label === 1 ? p : 1 - p;
  });
  const count = examples.length;
  return {
    examples: count,
    crossEntropy: ofRightLabel.reduce((total, p) => total - Math.log(Math.max(p, 1e-12)), 0) / count,
    accuracy: ofRightLabel.filter((p) => p > 0.5).length / count,
  };
}
