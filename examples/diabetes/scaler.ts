/** Brings each feature to mean 0 and deviation 1: plain data, so that it is an artifact as it stands. */
export interface Scaler {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export function fitScaler(rows: readonly (readonly number[])[]): Scaler {
  const columns = (rows[0] ?? []).map((_, feature) => rows.map((row) => row[feature] ?? 0));
  const mean = columns.map(average);
  const deviation = columns.map((column, i) => Math.sqrt(average(column.map((x) => (x - (mean[i] ?? 0)) ** 2))) || 1);
  return { mean, deviation };
}

export function scale({ mean, deviation }: Scaler, row: readonly number[]): number[] {
  return row.map((x, i) => (x - (mean[i] ?? 0)) / (deviation[i] ?? 1));
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
