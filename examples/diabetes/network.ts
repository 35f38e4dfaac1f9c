import { Adam } from "./adam.ts";
import { createRandom, shuffled } from "./random.ts";

/** A feed-forward network with one hidden layer (relu) and one output (sigmoid); the last weight of a unit is its bias. */
export interface Network {
  readonly hidden: readonly number[][];
  readonly output: number[];
}

export interface Example {
  readonly features: readonly number[];
  /** 0 or 1. */
  readonly label: number;
}

export interface TrainingOptions {
  readonly units: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Fits the network by Adam to the least binary cross-entropy, on batches that are other ones in each epoch. */
export function train(examples: readonly Example[], options: TrainingOptions): Network {
  const { units, epochs, batchSize, learningRate, seed } = options;
  const random = createRandom(seed);
  const inputs = examples[0]?.features.length ?? 0;
  const network = {
    hidden: Array.from({ length: units }, () => initialUnit(inputs, units, random)),
    output: initialUnit(units, 1, random),
  };
  const adam = new Adam([...network.hidden, network.output], { learningRate });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(examples, random);
    for (let from = 0; from < order.length; from += batchSize) {
      adam.descend(gradient(network, order.slice(from, from + batchSize)));
    }
  }
  return network;
}

/** The probability of label 1. */
export function probability({ hidden, output }: Network, features: readonly number[]): number {
  return sigmoid(weighted(output, activate(hidden, features)));
}

/** Of the mean binary cross-entropy, by the weights of each hidden unit and of the output. */
function gradient({ hidden, output }: Network, batch: readonly Example[]): number[][] {
  const result = [...hidden, output].map((unit) => unit.map(() => 0));
  for (const { features, label } of batch) {
    const active = activate(hidden, features);
    const error = (sigmoid(weighted(output, active)) - label) / batch.length;
    for (const [i, activation] of active.entries()) {
      if (activation > 0) add(result[i] ?? [], features, error * (output[i] ?? 0));
    }
    add(result[hidden.length] ?? [], active, error);
  }
  return result;
}

/** Weights as X. Glorot and Y. Bengio (2010) draw them, and no bias. */
function initialUnit(inputs: number, outputs: number, random: () => number): number[] {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return [...Array.from({ length: inputs }, () => (2 * random() - 1) * limit), 0];
}

function activate(hidden: readonly number[][], features: readonly number[]): number[] {
  return hidden.map((unit) => Math.max(0, weighted(unit, features)));
}

function weighted(unit: readonly number[], inputs: readonly number[]): number {
  return inputs.reduce((total, input, i) => total + input * (unit[i] ?? 0), unit.at(-1) ?? 0);
}

function add(sums: number[], inputs: readonly number[], factor: number): void {
  for (const [i, input] of [...inputs, 1].entries()) sums[i] = (sums[i] ?? 0) + factor * input;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
