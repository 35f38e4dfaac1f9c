import { OnnxModel } from "../../data/models/onnx/model.ts";
import { onnxRuntimes } from "../../data/models/onnx/packages.ts";
import { resolved } from "../../data/models/package.ts";
import { TfjsModel } from "../../data/models/tfjs/model.ts";
import { backendPackages, corePackage, readerPackage } from "../../data/models/tfjs/packages.ts";
import { awsPythonVersion } from "../../environment/python.ts";
import { requirementLines } from "../../environment/requirements.ts";
import { PythonModel } from "../runners/python-model.ts";
import type { ModelService } from "../service/model-service.ts";
import { withParts } from "../service/parts.ts";
import type { BundlePython } from "./manifest.ts";
import { kebab } from "./names.ts";
import { lockPackages, type NpmNeeds } from "./npm-lock.ts";

/** What reads tables. */
export const arrowPackage = "apache-arrow";

/** What models run in, beside Node. */
export interface Needs {
  readonly python?: BundlePython;
  readonly npm?: NpmNeeds;
}

/** What the models of a service in TypeScript need, and the packages that it names. @throws BundleError, ModelError */
export async function needsOf(service: ModelService, models: Iterable<unknown>): Promise<Needs> {
  const values = [...models];
  const pythonModels = values.filter((value) => value instanceof PythonModel);
  const saved = await Promise.all(pythonModels.map((model) => model.needs()));
  const [first] = saved;
  const requirements = [...new Set(saved.flatMap((needs) => needs.requirements))].sort();
  const named = packagesOf(service);
  const hasRuntime = named.some((name) => onnxRuntimes.includes(name));
  const packages = [
    ...(values.some((value) => value instanceof OnnxModel) && !hasRuntime ? [firstInstalled(onnxRuntimes)] : []),
    ...(named.includes(corePackage) ? [] : tfjsPackages(values.filter((value) => value instanceof TfjsModel))),
  ];
  return {
    ...(first !== undefined && { python: { version: first.python, requirements } }),
    ...(await installed(service, [...new Set([...packages, ...named])])),
  };
}

function tfjsPackages(models: readonly TfjsModel[]): readonly string[] {
  if (models.length === 0) return [];
  const readers = new Set(models.map((model) => readerPackage(model.isGraph)));
  return [corePackage, ...readers, firstInstalled(backendPackages)].sort();
}

/** What a service in TypeScript names for models that are not known yet. @throws BundleError */
export async function namedNeeds(service: ModelService): Promise<Needs> {
  const environments = classesOf(service).flatMap(({ python }) => python ?? []);
  const lines = environments.map(({ requirements = [] }) => requirementLines(requirements, process.cwd()));
  const requirements = [...new Set((await Promise.all(lines)).flat())].sort();
  const version = environments.find(({ pythonVersion }) => pythonVersion)?.pythonVersion ?? awsPythonVersion;
  return {
    ...(environments.length > 0 && { python: { version, requirements } }),
    ...(await installed(service, packagesOf(service))),
  };
}

/** The npm packages that a service and its parts name, but for Arrow's, which a bundle carries. */
export function packagesOf(service: ModelService): readonly string[] {
  return namedPackages(service).filter((name) => name !== arrowPackage);
}

async function installed(service: ModelService, packages: readonly string[]): Promise<Pick<Needs, "npm">> {
  return packages.length === 0 ? {} : { npm: await lockPackages(kebab(service.constructor.name), packages) };
}

/** All npm packages that a service and its parts name. */
export function namedPackages(service: ModelService): readonly string[] {
  return [...new Set(classesOf(service).flatMap(({ packages = [] }) => packages))];
}

function classesOf(service: ModelService): (typeof ModelService)[] {
  return withParts(service).map(([, part]) => part.constructor as typeof ModelService);
}

function firstInstalled(packages: readonly string[]): string {
  return packages.find((name) => resolved(name) !== undefined) ?? packages[0] ?? "";
}
