import * as tfjs from "../../data/models/tfjs/packages.ts";
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

/** By codec: the packages of which Node needs one, and all that a service is to name. */
const nodeReaders: Readonly<Record<string, NodeReaders>> = {
  onnx: { oneOf: ["onnxruntime-node", "onnxruntime-web"], names: ["onnxruntime-node"] },
  tfjs: {
    oneOf: [tfjs.corePackage],
    names: [tfjs.corePackage, tfjs.readerPackage(false), tfjs.backendPackages[0] ?? ""],
  },
  arrow: { oneOf: ["apache-arrow"], names: ["apache-arrow"] },
};

interface NodeReaders {
  readonly oneOf: readonly string[];
  readonly names: readonly string[];
}

/**
 * As far as models may need it, so that it stays short whatever else is in the image.
 *
 * @param requirements Of Python, as pip takes them; without them there is no Python.
 * @param npm The packages that Node finds beside the code.
 */
export function contentsOf(
  language: ImageContents["language"],
  requirements: readonly string[] | undefined,
  npm: readonly string[] = [],
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
    npm: npm.filter((name) => Object.values(nodeReaders).some(({ oneOf }) => oneOf.includes(name))),
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
    if (contents.language === "python" && (codec === "onnx" || codec === "tfjs"))
      throw ModelNeedsError.node(service, model);
    const readers = nodeReaders[codec];
    if (readers !== undefined && contents.language === "typescript") {
      const { oneOf, names } = readers;
      if (!oneOf.some((name) => contents.npm.includes(name))) throw ModelNeedsError.npm(service, model, oneOf, names);
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
