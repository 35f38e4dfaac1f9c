import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { manifestFile } from "../../lib/model/bundle/manifest.ts";
import { type RunOptionTexts, readRunOptions } from "../../lib/model/server/options.ts";
import { runServer } from "../../lib/model/server/run.ts";
import type { Served } from "../../lib/model/server/serve.ts";
import type { ServiceClass } from "../../lib/model/service/model-service.ts";
import { UsageError } from "../terminal/errors.ts";
import type { PackOptions } from "../terminal/packed-service.ts";
import { serveAndReload, takeOver } from "./serve-reload.ts";

interface ServeOptions extends PackOptions, Pick<RunOptionTexts, "host" | "port" | "workers"> {
  readonly logLevel: string;
  readonly reload?: true;
}

/** Serves a service until it is stopped. */
export async function serve(target: string, options: ServeOptions): Promise<void> {
  const runOptions = readRunOptions({ ...options, "log-level": options.logLevel });
  const isBundle = existsSync(join(target, manifestFile));
  if (options.reload && process.env.MILLRACE_RELOADED === undefined) {
    if (isBundle) throw new UsageError("--reload takes a service's file: a bundle does not change.", "Serve the file.");
    if (runOptions.workers > 1) throw new UsageError("--reload serves from one process.", "Leave out --workers.");
    return await serveAndReload(target);
  }
  await runServer(() => (isBundle ? loadBundleFolder(target) : loadFile(target, options)), runOptions);
}

async function loadBundleFolder(folder: string): Promise<Served> {
  const { loadBundle } = await import("../../lib/model/server/main.ts");
  const { Service }: { Service: ServiceClass } = await import(pathToFileURL(resolve(folder, "service.mjs")).href);
  return await loadBundle(Service, resolve(folder), false);
}

async function loadFile(target: string, options: PackOptions): Promise<Served> {
  const [{ loadPacked }, { modelsOf }, { describeService }] = await Promise.all([
    import("../terminal/packed-service.ts"),
    import("../../lib/model/service/parts.ts"),
    import("../../lib/model/service/description.ts"),
  ]);
  const { service, inputs } = await loadPacked(target, options);
  modelsOf(service);
  await takeOver(inputs);
  return { service, description: describeService(service.constructor as ServiceClass), version: "0.0.0" };
}
