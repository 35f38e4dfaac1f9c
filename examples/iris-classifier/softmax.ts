/** A softmax regression on standardized features: plain data, so that it is an artifact as it stands. */
export interface Softmax {
  readonly classes: readonly string[];
  /** Of each feature, before it is weighted. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** A row for each class: a weight for each feature, then the bias. */
  readonly weights: readonly (readonly number[])[];
}

export interface TrainingOptions {
  readonly epochs: number;
  readonly learningRate: number;
}

/** Fits the model by gradient descent over all rows at a time: the same rows give the same model. */
export function fitSoftmax(
  rows: readonly (readonly number[])[],
  labels: readonly string[],
  { epochs, learningRate }: TrainingOptions,
): Softmax {
  const classes = [...new Set(labels)].sort();
  const columns = (rows[0] ?? []).map((_, feature) => rows.map((row) => row[feature] ?? 0));
  const mean = columns.map(average);
  const deviation = columns.map((column, i) => Math.sqrt(average(column.map((x) => (x - (mean[i] ?? 0)) ** 2))) || 1);
  const weights = classes.map(() => new Array<number>(columns.length + 1).fill(0));
  const model = { classes, mean, deviation, weights };
  const inputs = rows.map((row) => standardize(model, row));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const errors = inputs.map((input, i) =>
      softmax(scores(model, input)).map((p, c) => p - (labels[i] === classes[c] ? 1 : 0)),
    );
    weights.forEach((row, c) => {
      row.forEach((weight, feature) => {
        const gradient = average(inputs.map((input, i) => (errors[i]?.[c] ?? 0) * (input[feature] ?? 0)));
        row[feature] = weight - learningRate * gradient;
      });
    });
  }
  return model;
}

/** The probability of each class, in the model's order. */
export function probabilities(model: Softmax, row: readonly number[]): number[] {
  return softmax(scores(model, standardize(model, row)));
}

/** The most probable class. */
export function classify(model: Softmax, row: readonly number[]): string {
  const all = scores(model, standardize(model, row));
  return model.classes[all.indexOf(Math.max(...all))] ?? "";
}

function standardize({ mean, deviation }: Softmax, row: readonly number[]): number[] {
  return [...row.map((x, i) => (x - (mean[i] ?? 0)) / (deviation[i] ?? 1)), 1];
}

function scores({ weights }: Softmax, input: readonly number[]): number[] {
  return weights.map((row) => row.reduce((sum, weight, i) => sum + weight * (input[i] ?? 0), 0));
}

function softmax(values: readonly number[]): number[] {
  const most = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - most));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
