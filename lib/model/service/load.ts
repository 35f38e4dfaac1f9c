import { extname, join, relative } from "node:path";
import { FlowCache } from "../../flow/load/cache.ts";
import { compile } from "../../flow/load/compile.ts";
import { importFlow } from "../../flow/load/import.ts";
import { locateFlow } from "../../flow/load/locate.ts";
import { ModelError } from "../errors.ts";
import type { PlacedEnvironment } from "../python/load.ts";
import { whileLoading } from "./loading.ts";
import { isService, isServiceClass, type ModelService } from "./model-service.ts";

/** A service from its file, and the files of the user's that it is made of. */
export interface LoadedService {
  readonly service: ModelService;
  /** Absolute. */
  readonly file: string;
  readonly inputs: readonly string[];
  /** Ends what was started to look at the service; for who neither starts nor saves it. */
  readonly discard?: () => void;
}

export interface LoadServiceOptions {
  readonly cacheDir: string;
  /** What a service in Python runs in where its class names no environment. Default: the Python of this machine. */
  readonly python?: PlacedEnvironment;
}

/**
 * Loads the service that a file exports: an instance, packed or not, or its class.
 *
 * @param target a path; `service.ts#IrisClassifier` names one of several
 * @throws MillraceError `FLOW_FILE`, `FLOW_SYNTAX` or `FLOW_IMPORT` where it does not load; ModelError `SERVICE_FILE` where it exports no service, or not the one that is meant.
 */
export async function loadService(target: string, { cacheDir, python }: LoadServiceOptions): Promise<LoadedService> {
  const { path, name } = locateFlow(target, "service");
  const file = relative(process.cwd(), path);
  if (extname(path) === ".py") {
    const { loadPythonService } = await import("../python/load.ts");
    return await loadPythonService(path, name, python);
  }
  if (!/^\.[cm]?[jt]s$/.test(extname(path))) {
    throw new ModelError("SERVICE_FILE", `${file} is no file that a service is written in.`, {
      fix: "Give a .ts, .js or .py file with a service, or the folder of a bundle.",
    });
  }
  const cache = new FlowCache(cacheDir, path, name);
  const { code, inputs } = await compile({ path }, join(cacheDir));
  const module = await cache.writeModule(code);
  const exports = await whileLoading(file, async () => await importFlow(module, file, inputs));
  return { service: chooseService(exports, file, name), file: path, inputs };
}

function chooseService(exports: Record<string, unknown>, file: string, name: string | undefined): ModelService {
  const { default: first, ...others } = exports;
  // An instance comes before a class: it has models.
  const candidates = [first, ...Object.values(others)].sort((a, b) => Number(isService(b)) - Number(isService(a)));
  const services = candidates.flatMap((value) => {
    if (isService(value)) return [{ name: value.constructor.name, make: () => value }];
    return isServiceClass(value) ? [{ name: value.name, make: () => new value() }] : [];
  });
  const names = [...new Set(services.map((service) => service.name))];
  const chosen = services.find((service) => name === undefined || service.name === name);
  if (chosen !== undefined && (name !== undefined || names.length === 1 || first !== undefined)) return chosen.make();
  const what = names.length === 0 ? "no service" : name === undefined ? "several services" : `no service ${name}`;
  throw new ModelError("SERVICE_FILE", `${file} exports ${what}.`, {
    fix:
      names.length > 0
        ? `Name one: ${names.map((known) => `${file}#${known}`).join(" or ")}.`
        : "Export one: export class IrisClassifier extends ModelService { … }.",
    at: { file },
  });
}
