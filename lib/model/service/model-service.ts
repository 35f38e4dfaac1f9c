import { PythonObject } from "../../data/python-object.ts";
import type { PythonEnvironment } from "../../flow/definition.ts";
import { unset } from "../../flow/spec/fields.ts";
import { ModelError } from "../errors.ts";
import { PythonModel } from "../runners/python-model.ts";
import { assertNotLoading } from "./loading.ts";

/** Of the registry: a service's bundle and the server each have a copy of this module. */
const serviceBrand = Symbol.for("millrace.service");

/** The names of a service's models: its fields. */
type ModelName<S> = Exclude<
  { [K in keyof S]: S[K] extends ModelService | ((...parameters: never[]) => unknown) ? never : K }[keyof S],
  symbol | number
>;

/** A model as it comes out of a store: what Python made becomes a {@link PythonModel}. */
type Packed<T> = PythonModel extends T ? T | PythonObject : T;

/**
 * A service: its fields are models, its methods with `@api` what can be asked of it. A field that is itself a service is a part of it, with
 * models of its own.
 *
 * @example
 * ```ts
 * export class IrisClassifier extends ModelService {
 *   model = artifact<Svm>();
 *
 *   @api({ input: z.array(z.array(z.number())), output: z.array(z.string()), batch: { maxSize: 100, maxLatency: "20 ms" } })
 *   predict(rows: number[][]) {
 *     return rows.map((row) => classify(this.model, row));
 *   }
 * }
 *
 * const service = new IrisClassifier().pack("model", svm);
 * service.predict([[5.1, 3.5, 1.4, 0.2]]);
 * await service.save("iris-bundle");
 * ```
 */
export abstract class ModelService {
  static readonly [serviceBrand] = true;

  /** What the service's models that are Python's run in. Default: the `python3` on the path, or the one that `MILLRACE_PYTHON` names. */
  static readonly python?: PythonEnvironment;

  /**
   * Packages of npm that a bundle does not carry, but lets npm install, in the version of the project's lock: those that hold programs, and what models
   * need that are not known when the bundle is made: `["onnxruntime-node"]`. Default: none.
   */
  static readonly packages?: readonly string[];

  /** Called once before the first request, when the models are there. The server is not ready before it ends; what it throws ends the server. */
  onStartup?(): void | Promise<void>;

  /** Called once after the last answer. */
  onShutdown?(): void | Promise<void>;

  /** Whether it can answer; asked by `/readyz` and `/ping` while it is started. Default: it can. */
  isReady?(): boolean;

  /**
   * Gives the service a model.
   *
   * @throws ModelError `MODEL_NAME` where the service has no such field.
   */
  pack<K extends ModelName<this>>(name: K, value: Packed<this[K]>): this {
    const fields = new Map(fieldsOf(this));
    if (!fields.has(name) || isService(fields.get(name))) {
      const known = modelFields(this).map(([field]) => field);
      throw new ModelError("MODEL_NAME", `${this.constructor.name} has no model ${JSON.stringify(name)}.`, {
        fix: known.length > 0 ? `It has ${known.join(", ")}.` : "Declare it as a field: model = artifact<Svm>().",
      });
    }
    const { python } = this.constructor as typeof ModelService;
    const isOpaque = value instanceof PythonObject && !(value instanceof PythonModel);
    this[name] = (isOpaque ? new PythonModel(value, python) : value) as this[K];
    return this;
  }

  /**
   * Writes the service with its models as a bundle: a folder that runs wherever Node does.
   *
   * @param path Default: the service's name in kebab-case, in the current folder. A bundle that is there is replaced; any other folder is not.
   * @returns The folder, absolute.
   * @throws BundleError; ModelError `SERVICE` where the service's own file calls it whenever it is loaded.
   */
  async save(path?: string): Promise<string> {
    assertNotLoading(this.constructor.name);
    const { saveBundle } = await import("../bundle/save.ts");
    return await saveBundle(this, path);
  }
}

export type ServiceClass = new () => ModelService;

/** Whether `value` is an instance of a service, also of that of another copy of the package. */
export function isService(value: unknown): value is ModelService {
  return typeof value === "object" && value !== null && isServiceClass(value.constructor);
}

/** Whether `value` is a class that extends {@link ModelService}, also that of another copy of the package. */
export function isServiceClass(value: unknown): value is ServiceClass {
  return typeof value === "function" && serviceBrand in value && !Object.hasOwn(value, serviceBrand);
}

/** The service's own models by field, packed or not. */
export function modelFields(service: ModelService): (readonly [string, unknown])[] {
  return fieldsOf(service).filter(([, value]) => !isService(value));
}

/** The fields as they stand: one that tells that it has no value has none. */
function fieldsOf(service: ModelService): (readonly [string, unknown])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(service)).flatMap(([name, { enumerable, get, value }]) =>
    enumerable ? [[name, get === undefined ? value : unset] as const] : [],
  );
}

/** The services that are parts of this one, by field. */
export function parts(service: ModelService): (readonly [string, ModelService])[] {
  return fieldsOf(service).filter((entry): entry is [string, ModelService] => isService(entry[1]));
}

/** Whether a model has been packed, or has an initial value. */
export function isPacked(value: unknown): boolean {
  return value !== unset;
}
