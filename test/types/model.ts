// What the types of services accept, and, behind each @ts-expect-error, what they refuse. Compiled by `npm run check`; nothing here runs.
import { type ArtifactFile, artifact, Tensor } from "millrace";
import { type ApiContext, api, bytes, file, ModelService, table, tensor, text } from "millrace/model";
import { z } from "zod";

interface Svm {
  readonly weights: readonly number[];
}

const matrix = z.array(z.array(z.number()));
const people = table(z.object({ name: z.string(), age: z.number().optional() }));

export class Accepted extends ModelService {
  model = artifact<Svm>();
  threshold = 0.5;
  scaler = new Scaler();

  @api({ input: matrix, output: z.array(z.string()), batch: { maxSize: 100, maxLatency: "20 ms" }, timeout: "5 s" })
  predict(rows: number[][]) {
    return rows.map(() => "setosa");
  }

  @api({ input: matrix, output: z.array(z.string()) })
  async later(rows: number[][], { signal }: ApiContext) {
    return signal.aborted ? [] : rows.map(String);
  }

  /** The method gets what the schema makes of the body, and returns what the output's schema takes. */
  @api({ input: z.object({ at: z.iso.datetime().transform((at) => new Date(at)) }), output: z.string().optional() })
  transformed({ at }: { at: Date }): string | undefined {
    return at.getTime() > 0 ? "later" : undefined;
  }

  @api({ input: text(), output: bytes("image/png") })
  draw(words: string) {
    return new TextEncoder().encode(words);
  }

  @api({
    input: tensor({ dtype: "float32", shape: [null, 4] }),
    output: tensor({ dtype: "int64", shape: [null] }),
    batch: { maxSize: 8 },
  })
  classes({ data, shape: [rows = 0] }: Tensor<Float32Array>) {
    return new Tensor(new BigInt64Array(rows).fill(BigInt(data.length)), [rows]);
  }

  @api({ input: people, output: table(z.object({ name: z.string() })), batch: { maxSize: 8 } })
  names(rows: { name: string; age?: number | undefined }[]) {
    return rows.map(({ name }) => ({ name }));
  }

  @api({ input: file("text/csv"), output: z.number() })
  size(csv: ArtifactFile) {
    return csv.size;
  }
}

class Scaler extends ModelService {
  mean = artifact<number>();

  @api({ input: z.number(), output: z.number() })
  scale(x: number) {
    return x - this.mean;
  }
}

const service = new Accepted().pack("model", { weights: [1] }).pack("threshold", 0.1);
export const answer: string[] = service.predict([[1]]);

// @ts-expect-error no such model
service.pack("modell", { weights: [1] });
// @ts-expect-error a model of another type
service.pack("model", { weights: ["1"] });
// @ts-expect-error a method is no model
service.pack("predict", () => []);
// @ts-expect-error a service is packed with its own models
service.pack("scaler", new Scaler());

export class Refused extends ModelService {
  // @ts-expect-error the method takes another type than the schema gives
  @api({ input: matrix, output: z.array(z.string()) })
  takes(rows: string[]) {
    return rows;
  }

  // @ts-expect-error the method returns another type than the schema takes
  @api({ input: matrix, output: z.array(z.string()) })
  returns(rows: number[][]) {
    return rows;
  }

  // @ts-expect-error batching needs rows
  @api({ input: z.object({}), output: z.array(z.string()), batch: {} })
  batched() {
    return [];
  }

  // @ts-expect-error batching needs a result for each row
  @api({ input: matrix, output: z.string(), batch: {} })
  single() {
    return "";
  }

  // @ts-expect-error a duration has a unit
  @api({ input: matrix, output: z.string(), timeout: "5" })
  slow() {
    return "";
  }
}

export class NoService {
  // @ts-expect-error APIs are methods of services
  @api({ input: matrix, output: z.string() })
  predict() {
    return "";
  }
}
