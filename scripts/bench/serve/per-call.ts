import { api, ModelService } from "millrace/model";
import { z } from "zod";

const rows = z.array(z.number());
const cost = 5;

/** A model whose cost is per call: 5 ms, whatever the rows. */
export class PerCall extends ModelService {
  @api({ input: rows, output: rows })
  single(numbers: number[]) {
    return compute(numbers);
  }

  @api({ input: rows, output: rows, batch: { maxSize: 128, maxLatency: "20 ms" } })
  batched(numbers: number[]) {
    return compute(numbers);
  }
}

function compute(numbers: number[]): number[] {
  const end = performance.now() + cost;
  while (performance.now() < end);
  return numbers.map((x) => 2 * x);
}
