import { ModelError } from "../errors.ts";
import { isRunner, type Runner } from "../runners/runner.ts";
import { apisOf } from "./apis.ts";
import { mediaOf } from "./media.ts";
import { isPacked, type ModelService, modelFields, parts, type ServiceClass } from "./model-service.ts";
import { notPacked } from "./unpacked.ts";

/** A service and the services that are parts of it, innermost first, each with its path: `""`, `iris`, `iris.scaler`. */
export function withParts(service: ModelService, path = ""): (readonly [path: string, service: ModelService])[] {
  const inner = parts(service).flatMap(([field, part]) => withParts(part, path === "" ? field : `${path}.${field}`));
  return [...inner, [path, service]];
}

/** The paths of all models of a service and its parts, and whether they have a value. */
export function modelPaths(service: ModelService): readonly { readonly path: string; readonly isPacked: boolean }[] {
  return valuesOf(service).map(([path, value]) => ({ path, isPacked: isPacked(value) }));
}

/** All models of a service and its parts, by path: `model`, `iris.model`. @throws ModelError `NOT_PACKED` where one has no value. */
export function modelsOf(service: ModelService): ReadonlyMap<string, unknown> {
  const models = valuesOf(service);
  const missing = models.filter(([, value]) => !isPacked(value)).map(([path]) => path);
  if (missing.length > 0) throw notPacked(service, missing);
  return new Map(models);
}

function valuesOf(service: ModelService): (readonly [path: string, value: unknown])[] {
  return withParts(service).flatMap(([path, part]) =>
    modelFields(part).map(([field, value]) => [path === "" ? field : `${path}.${field}`, value] as const),
  );
}

/** Gives models to a service and its parts, by path. */
export function packAll(service: ModelService, models: ReadonlyMap<string, unknown>): void {
  const owners = new Map(withParts(service));
  for (const [path, value] of models) {
    const dot = path.lastIndexOf(".");
    const owner = owners.get(path.slice(0, Math.max(0, dot)));
    if (owner === undefined) throw new ModelError("MODEL_NAME", `${service.constructor.name} has no model ${path}.`);
    owner.pack(path.slice(dot + 1) as never, value as never);
  }
}

/** Starts a service: its parts first, and what its models run in, and what reads its bodies, before all. */
export async function startService(service: ModelService): Promise<void> {
  const bodies = apisOf(service.constructor as ServiceClass).flatMap(({ input, output }) => [input, output]);
  await Promise.all([
    ...runnersOf(service).map((runner) => runner.open()),
    ...bodies.map((schema) => mediaOf(schema).load?.()),
  ]);
  for (const [, part] of withParts(service)) await part.onStartup?.();
}

/** Stops a service: its parts last. */
export async function stopService(service: ModelService): Promise<void> {
  for (const [, part] of withParts(service).reverse()) await part.onShutdown?.();
  await Promise.all(runnersOf(service).map((runner) => runner.close()));
}

function runnersOf(service: ModelService): Runner[] {
  return withParts(service)
    .flatMap(([, part]) => modelFields(part).map(([, value]) => value))
    .filter(isRunner);
}

/** Whether a service and its parts can answer. */
export function isServiceReady(service: ModelService): boolean {
  return withParts(service).every(([, part]) => part.isReady?.() !== false);
}
