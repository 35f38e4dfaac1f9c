import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isTable } from "../../data/codecs/arrow.ts";
import { resolved } from "../../data/models/package.ts";
import { apisOf } from "../service/apis.ts";
import { mediaOf } from "../service/media.ts";
import type { ServiceClass } from "../service/model-service.ts";
import { arrowStream } from "../service/table/media.ts";
import { bundlePackage, type ServiceCode } from "./code.ts";

/**
 * The package `apache-arrow` as one module, where a service takes or answers tables, or has one as a model, and the package is installed.
 *
 * @param models The service's.
 */
export async function arrowFor(service: ServiceClass, models: Iterable<unknown>): Promise<ServiceCode | undefined> {
  const bodies = apisOf(service).flatMap(({ input, output }) => [mediaOf(input), mediaOf(output)]);
  const isNeeded = bodies.some(({ types }) => types.includes(arrowStream)) || [...models].some(isTable);
  const url = isNeeded ? resolved("apache-arrow") : undefined;
  return url === undefined ? undefined : await bundlePackage("apache-arrow", dirname(fileURLToPath(url)));
}
