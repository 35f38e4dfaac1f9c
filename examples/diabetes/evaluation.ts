import { type Example, type Network, probability } from "./network.ts";

export interface Metrics {
  readonly examples: number;
  readonly binaryCrossentropy: number;
  readonly binaryAccuracy: number;
}

export function evaluate(network: Network, examples: readonly Example[]): Metrics {
  const ofRightLabel = examples.map(({ features, label }) => {
    const p = probability(network, features);
    return label === 1 ? p : 1 - p;
  });
  const count = examples.length;
  return {
    examples: count,
    binaryCrossentropy: ofRightLabel.reduce((total, p) => total - Math.log(Math.max(p, 1e-7)), 0) / count,
    binaryAccuracy: ofRightLabel.filter((p) => p > 0.5).length / count,
  };
}

/** The area under the ROC curve: of all pairs of a label 1 and a label 0, the share in which that of 1 is more probable; half of one for a tie. */
export function areaUnderCurve(network: Network, examples: readonly Example[]): number {
  const ofLabel = (wanted: number) =>
    examples.filter(({ label }) => label === wanted).map(({ features }) => probability(network, features));
  const negative = ofLabel(0);
  const pairs = ofLabel(1).flatMap((p) => negative.map((q) => (Math.sign(p - q) + 1) / 2));
  return pairs.reduce((total, won) => total + won, 0) / pairs.length;
}
