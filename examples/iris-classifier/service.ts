import { artifact } from "millrace";
import { api, ModelService } from "millrace/model";
import { z } from "zod";
import { classify, probabilities, type Softmax } from "./softmax.ts";

/** Sepal length and width, petal length and width, in cm. */
const flowers = z.array(z.array(z.number().positive()).length(4)).max(1000);

/** Tells the species of irises from their measures. */
export class IrisClassifier extends ModelService {
  model = artifact<Softmax>();

  @api({ input: flowers, output: z.array(z.string()), batch: { maxSize: 100, maxLatency: "20 ms" } })
  predict(rows: number[][]) {
    return rows.map((row) => classify(this.model, row));
  }

  @api({ input: flowers, output: z.array(z.record(z.string(), z.number())) })
  probabilities(rows: number[][]) {
    return rows.map((row) => {
      const all = probabilities(this.model, row);
      return Object.fromEntries(this.model.classes.map((species, i) => [species, all[i] ?? 0]));
    });
  }
}
