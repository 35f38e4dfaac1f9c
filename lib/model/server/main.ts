import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { isMillraceError } from "../../errors.ts";
import { manifestFile } from "../bundle/manifest.ts";
import { loadBundledService, readManifest, verifyFiles } from "../bundle/read.ts";
import type { ServiceClass } from "../service/model-service.ts";
import { helpText, parseArguments } from "./options.ts";
import { runServer } from "./run.ts";
import type { Served } from "./serve.ts";

/** What a bundle's `server.mjs` does. */
export async function main(Service: ServiceClass, folder: string): Promise<void> {
  try {
    const { command, options } = parseArguments(process.argv.slice(2), process.env);
    if (command === "help") process.stdout.write(helpText(basename(process.argv[1] ?? "server.mjs")));
    else if (command === "health") process.exitCode = (await isHealthy()) ? 0 : 1;
    else await runServer(() => loadBundle(Service, folder, command === "serve"), options);
  } catch (error) {
    const known = isMillraceError(error) ? { code: error.code, msg: error.message, fix: error.fix } : undefined;
    const { stack } = error as Error;
    console.error(JSON.stringify({ level: 60, time: Date.now(), ...(known ?? { msg: String(error), stack }) }));
    process.exit(1);
  }
}

/**
 * A bundle's service, its files verified.
 *
 * @param isSageMaker Whether models that SageMaker has put into its model folder come before the bundle's own.
 */
export async function loadBundle(Service: ServiceClass, folder: string, isSageMaker: boolean): Promise<Served> {
  const manifest = await readManifest(folder);
  await verifyFiles(folder, manifest.files);
  const mounted = process.env.SM_MODEL_DIR || "/opt/ml/model";
  const models = isSageMaker && existsSync(join(mounted, manifestFile)) ? mounted : folder;
  const modelManifest = models === folder ? manifest : await readManifest(models);
  const { service: name, apis, python } = manifest;
  const readBy = python === undefined ? {} : { python };
  const service = await loadBundledService(Service, models, { ...modelManifest, ...readBy });
  return { service, description: { name, apis }, version: modelManifest.version };
}

/** Asks the server that the same container runs: as a server of its own, or as SageMaker's. */
async function isHealthy(): Promise<boolean> {
  const ports = [process.env.PORT || "3000", "8080"];
  const answers = ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  return (await Promise.allSettled(answers)).some((answer) => answer.status === "fulfilled" && answer.value);
}
