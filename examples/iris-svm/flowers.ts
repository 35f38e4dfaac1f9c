import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";

/** Fisher's irises: lengths and widths of sepal and petal in cm, and the species of each. */
export async function readFlowers(): Promise<{ readonly rows: number[][]; readonly species: string[] }> {
  const text = await readFile(new URL("iris.csv", import.meta.url), "utf8");
  const flowers: string[][] = parse(text, { from: 2 });
  return {
    rows: flowers.map((flower) => flower.slice(0, 4).map(Number)),
    species: flowers.map((flower) => String(flower[4])),
  };
}
