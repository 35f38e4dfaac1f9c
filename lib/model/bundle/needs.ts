import { OnnxModel } from "../../data/models/onnx/model.ts";
import { onnxRuntimes } from "../../data/models/onnx/packages.ts";
import { resolved } from "../../data/models/package.ts";
import { TfjsModel } from "../../data/models/tfjs/model.ts";
import { backendPackages, corePackage, readerPackage } from "../../data/models/tfjs/packages.ts";
import { PythonModel } from "../runners/python-model.ts";
import type { BundlePython } from "./manifest.ts";
import { lockPackages, type NpmNeeds } from "./npm-lock.ts";

/** What models run in, beside Node. */
export interface Needs {
  readonly python?: BundlePython;
  readonly npm?: NpmNeeds;
}

/** What the models of a service in TypeScript need. @param name The bundle's. @throws BundleError, ModelError */
export async function needsOf(name: string, models: Iterable<unknown>): Promise<Needs> {
  const values = [...models];
  const pythonModels = values.filter((value) => value instanceof PythonModel);
  const saved = await Promise.all(pythonModels.map((model) => model.needs()));
  const [first] = saved;
  const requirements = [...new Set(saved.flatMap((needs) => needs.requirements))].sort();
  const packages = [
    ...(values.some((value) => value instanceof OnnxModel) ? [firstInstalled(onnxRuntimes)] : []),
    ...tfjsPackages(values.filter((value) => value instanceof TfjsModel)),
  ];
  return {
    ...(first !== undefined && { python: { version: first.python, requirements } }),
    ...(packages.length > 0 && { npm: await lockPackages(name, packages) }),
  };
}

function tfjsPackages(models: readonly TfjsModel[]): readonly string[] {
  if (models.length === 0) return [];
  const readers = new Set(models.map((model) => readerPackage(model.isGraph)));
  return [corePackage, ...readers, firstInstalled(backendPackages)].sort();
}

function firstInstalled(packages: readonly string[]): string {
  return packages.find((name) => resolved(name) !== undefined) ?? packages[0] ?? "";
}
