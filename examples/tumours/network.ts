import { createRandom, shuffled } from "./random.ts";

/** A feed-forward network with one hidden layer (tanh) and one output (sigmoid); the last weight of a unit is its bias. */
export interface Network {
  readonly hidden: readonly number[][];
  readonly output: readonly number[];
}

export interface Example {
  readonly features: readonly number[];
  /** 0 or 1. */
  readonly label: number;
}

export interface TrainingOptions {
  readonly units: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Fits the network by stochastic gradient descent on the binary cross-entropy. */
export function train(examples: readonly Example[], { units, epochs, learningRate, seed }: TrainingOptions): Network {
  const random = createRandom(seed);
  const weights = (count: number) => Array.from({ length: count + 1 }, () => (2 * random() - 1) / Math.sqrt(count));
  const hidden = Array.from({ length: units }, () => weights(examples[0]?.features.length ?? 0));
  const output = weights(units);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { features, label } of shuffled(examples, random)) {
      const active = hidden.map((unit) => Math.tanh(sum(unit, features)));
      const error = sigmoid(sum(output, active)) - label;
      for (const [i, unit] of hidden.entries()) {
        const delta = error * (output[i] ?? 0) * (1 - (active[i] ?? 0) ** 2);
        descend(unit, features, learningRate * delta);
      }
      descend(output, active, learningRate * error);
    }
  }
  return { hidden, output };
}

/** The probability of label 1. */
export function probability({ hidden, output }: Network, features: readonly number[]): number {
  return sigmoid(
    sum(
      output,
      hidden.map((unit) => Math.tanh(sum(unit, features))),
    ),
  );
}

function descend(weights: number[], inputs: readonly number[], step: number): void {
  for (const [i, input] of [...inputs, 1].entries()) weights[i] = (weights[i] ?? 0) - step * input;
}

function sum(weights: readonly number[], inputs: readonly number[]): number {
  return inputs.reduce((total, input, i) => total + input * (weights[i] ?? 0), weights.at(-1) ?? 0);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
