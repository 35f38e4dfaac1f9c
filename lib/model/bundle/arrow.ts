import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isTable } from "../../data/codecs/arrow.ts";
import { resolved } from "../../data/models/package.ts";
import { apisOf } from "../service/apis.ts";
import { mediaOf } from "../service/media.ts";
import type { ModelService, ServiceClass } from "../service/model-service.ts";
import { arrowStream } from "../service/table/media.ts";
import { bundlePackage, type ServiceCode } from "./code.ts";
import { arrowPackage, namedPackages } from "./needs.ts";

/**
 * Whether a bundle carries the package `apache-arrow`: its service takes or answers tables, has one as a model or names the package for models that
 * are not known yet, and the package is installed.
 *
 * @param models The service's.
 */
export function carriesArrow(service: ModelService, models: Iterable<unknown>): boolean {
  const bodies = apisOf(service.constructor as ServiceClass).flatMap(({ input, output }) => [
    mediaOf(input),
    mediaOf(output),
  ]);
  const isNeeded =
    bodies.some(({ types }) => types.includes(arrowStream)) ||
    namedPackages(service).includes(arrowPackage) ||
    [...models].some(isTable);
  return isNeeded && resolved(arrowPackage) !== undefined;
}

/** The package as one module, where the bundle {@link carriesArrow carries} it. */
export async function arrowFor(service: ModelService, models: Iterable<unknown>): Promise<ServiceCode | undefined> {
  const url = carriesArrow(service, models) ? resolved(arrowPackage) : undefined;
  return url === undefined ? undefined : await bundlePackage(arrowPackage, dirname(fileURLToPath(url)));
}
