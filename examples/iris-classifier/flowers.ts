import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { classify, type Softmax } from "./softmax.ts";

export interface Flower {
  /** Sepal length and width, petal length and width, in cm. */
  readonly measures: readonly number[];
  readonly species: string;
}

/** Fisher's irises. Every fifth flower is for the test: the file is sorted by species, so each has its share. */
export function readFlowers(): { readonly training: Flower[]; readonly test: Flower[] } {
  const file = new URL("../iris-stats/iris.csv", import.meta.url);
  const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true });
  const flowers = rows.map(({ species = "", ...measures }) => ({
    measures: Object.values(measures).map(Number),
    species,
  }));
  return { training: flowers.filter((_, i) => i % 5 !== 0), test: flowers.filter((_, i) => i % 5 === 0) };
}

/** Flowers whose species the model tells. */
export function countRight(model: Softmax, flowers: readonly Flower[]): number {
  return flowers.filter(({ measures, species }) => classify(model, measures) === species).length;
}
