import { ModelNeedsError } from "./errors.ts";
import type { ServiceModel } from "./models.ts";

/** What the image of a service can read models with. */
export interface ImageContents {
  /** What the service is written in. */
  readonly language: "typescript" | "python";
  /** Python's packages; absent where there is no Python. */
  readonly python?: readonly string[];
  /** Packages of npm that are beside the code. */
  readonly npm: readonly string[];
}

/** By the module that a model's class is of: what pip knows it as; of several, one is enough. */
const frameworks: Readonly<Record<string, readonly string[]>> = {
  catboost: ["catboost"],
  keras: ["keras", "tensorflow"],
  lightgbm: ["lightgbm"],
  sklearn: ["scikit-learn"],
  statsmodels: ["statsmodels"],
  tensorflow: ["tensorflow"],
  torch: ["torch"],
  xgboost: ["xgboost"],
};

/** By codec: the packages of which Python needs one to read it. A pickle's are those of its class. */
const pythonReaders: Readonly<Record<string, readonly string[]>> = {
  xgboost: ["xgboost"],
  lightgbm: ["lightgbm"],
  torch: ["torch"],
  torchscript: ["torch"],
};

/** By codec: the packages of which Node needs one. */
const nodeReaders: Readonly<Record<string, readonly string[]>> = {
  onnx: ["onnxruntime-node", "onnxruntime-web"],
  arrow: ["apache-arrow"],
};

/**
 * As far as models may need it, so that it stays short whatever else is in the image.
 *
 * @param requirements Of Python, as pip takes them; without them there is no Python.
 * @param dependencies Of npm.
 */
export function contentsOf(
  language: ImageContents["language"],
  requirements: readonly string[] | undefined,
  dependencies: Readonly<Record<string, string>> = {},
): ImageContents {
  const known = [...new Set(Object.values(frameworks).flat())];
  const names = requirements?.flatMap((requirement) => {
    // What a folder or a repository has is not known.
    if (/^(?:-e|--editable|[./]|[\w+]+:\/\/)/.test(requirement)) return known;
    return [normal(/^[\w.-]+/.exec(requirement)?.[0] ?? "")];
  });
  return {
    language,
    ...(names && { python: known.filter((name) => names.includes(name)) }),
    npm: Object.keys(dependencies).filter((name) => Object.values(nodeReaders).flat().includes(name)),
  };
}

/**
 * Makes sure that a service can read its models, as far as what they are tells what they need.
 *
 * @throws ModelNeedsError where its image lacks a package.
 */
export function assertReadable(service: string, models: readonly ServiceModel[], contents: ImageContents): void {
  for (const model of models) {
    const { codec, type } = model.ref;
    if (contents.language === "python" && codec === "onnx") throw ModelNeedsError.onnx(service, model);
    const readers = nodeReaders[codec];
    if (readers !== undefined && contents.language === "typescript") {
      if (!readers.some((name) => contents.npm.includes(name))) throw ModelNeedsError.npm(service, model, readers);
      continue;
    }
    const isPythons = codec === "pickle" || codec in pythonReaders;
    if (!isPythons) continue;
    const needed = pythonReaders[codec] ?? frameworks[/^(\w+)\./.exec(type)?.[1] ?? ""];
    const isThere = needed === undefined || needed.some((name) => contents.python?.includes(name));
    if (contents.python === undefined || !isThere) {
      throw ModelNeedsError.python(service, model, needed?.[0], contents.language);
    }
  }
}

/** As pip compares names. */
function normal(name: string): string {
  return name.replaceAll(/[-_.]+/g, "-").toLowerCase();
}
