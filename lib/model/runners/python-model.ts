import { existsSync } from "node:fs";
import { join } from "node:path";
import { encodeJson, jsonCodec } from "../../data/codecs/json.ts";
import { ArtifactFile } from "../../data/file.ts";
import { PythonObject } from "../../data/python-object.ts";
import { prepareInterpreter } from "../../environment/environment.ts";
import { pythonPackages } from "../../environment/python.ts";
import type { PythonEnvironment } from "../../flow/definition.ts";
import { manifestFile } from "../bundle/manifest.ts";
import { PythonHost, type PythonSaved } from "../python/host.ts";
import type { Runner } from "./runner.ts";

/** The model's path in the service that Python makes of it. */
const field = "model";

/**
 * What Python has fitted, such as a scikit-learn classifier, as a model of a service in TypeScript: it is asked in a Python process of its own, which
 * is kept.
 *
 * @example
 * ```ts
 * class IrisClassifier extends ModelService {
 *   static override readonly python = { requirements: ["scikit-learn==1.7.2"] };
 *   model = artifact<PythonModel>();
 *
 *   @api({ input: z.array(z.array(z.number())), output: z.array(z.int()) })
 *   async predict(rows: number[][]) {
 *     return await this.model.predict<number[]>(rows);
 *   }
 * }
 * ```
 */
export class PythonModel extends PythonObject implements Runner {
  readonly #environment: PythonEnvironment;
  #host: PythonHost | undefined;
  #opening: Promise<void> | undefined;

  constructor({ type, bytes, codec }: PythonObject, environment: PythonEnvironment = {}) {
    super(type, bytes, codec);
    this.#environment = environment;
  }

  /**
   * What the model predicts for rows: its `predict`, or what it returns where it is a function or a `torch.nn.Module`.
   *
   * @param rows Values cross as artifacts do: a typed array or a `Tensor` is a numpy array there. What numpy arrays are here depends on
   * what was given: arrays, or typed arrays and `Tensor`s where there is one among the arguments; of text and truth values always arrays.
   * @throws PythonCallError what it raises; RequestError 503 while its process is started again; EncodeError what cannot cross.
   */
  async predict<T = unknown>(rows: unknown): Promise<T> {
    return (await this.#call(null, [rows])) as T;
  }

  /** What a method of the model returns, in the same way: `await this.model.call("predict_proba", rows)`. */
  async call<T = unknown>(method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.#call(method, args)) as T;
  }

  /** Starts its process, which is otherwise started by the first call. @throws ModelError where Python cannot read the model. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error) => {
      // The next one tries again.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#host?.stop();
    this.#opening = undefined;
    this.#host = undefined;
  }

  /** What its process needs to read it. @throws ModelError */
  async needs(): Promise<PythonSaved> {
    const host = this.#makeHost();
    return await host.save(this.#files(), "");
  }

  async #call(method: string | null, args: readonly unknown[]): Promise<unknown> {
    const question = new ArtifactFile(
      "question",
      Buffer.from(encodeJson([method, ...args], "model")),
      jsonCodec.mediaType,
    );
    await this.open();
    const answer = await this.#host?.call("ask", question);
    return jsonCodec.decode((answer as ArtifactFile).bytes(), "");
  }

  async #open(): Promise<void> {
    const host = this.#makeHost();
    await host.start(this.#files());
    this.#host = host;
  }

  #makeHost(): PythonHost {
    const folder = pythonPackages();
    // In a bundle the packages are those of the Python that it is run with.
    const environment = existsSync(join(folder, "..", manifestFile)) ? {} : this.#environment;
    const interpreter = () => prepareInterpreter(environment, process.cwd());
    return new PythonHost({ interpreter, folder, file: "millrace/model/runner.py" });
  }

  #files() {
    const { type, codec, bytes } = this;
    return { [field]: { type, codec, file: new ArtifactFile(field, bytes).path() } };
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof PythonObject && "predict" in value;
  }
}
