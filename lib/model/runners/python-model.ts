import { existsSync } from "node:fs";
import { join } from "node:path";
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
   * @throws PythonCallError what it raises; RequestError 503 while its process is started again.
   */
  async predict<T = unknown>(rows: readonly unknown[]): Promise<T> {
    return (await this.#call("predict", rows)) as T;
  }

  /** What a method of the model returns: `await this.model.call("predict_proba", rows)`. */
  async call<T = unknown>(method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.#call("call", { method, arguments: args })) as T;
  }

  /** Starts its process, which is otherwise started by the first call. @throws ModelError where Python cannot read the model. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
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

  async #call(api: string, input: unknown): Promise<unknown> {
    await this.open();
    return await this.#host?.call(api, input);
  }

  async #open(): Promise<void> {
    this.#host = this.#makeHost();
    await this.#host.start(this.#files());
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
