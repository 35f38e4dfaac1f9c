import { join } from "node:path";
import { systemInterpreter } from "../../environment/interpreter.ts";
import { PythonHost } from "../python/host.ts";
import { pythonServiceClass } from "../python/service.ts";
import { ModelService, type ServiceClass } from "../service/model-service.ts";
import type { BundleManifest } from "./manifest.ts";
import { readManifest } from "./read.ts";

/** The class of a bundle's service in Python; what a bundle's `service.mjs` exports. */
export async function pythonService(folder: string): Promise<ServiceClass> {
  // Who opens the bundle reads the manifest too, and says what is wrong with it.
  const manifest = await readManifest(folder).catch(() => undefined);
  if (manifest?.python?.file === undefined) return class extends ModelService {};
  const { file, requirements } = manifest.python;
  // It is not known yet whether there is a Python: whoever only reads the bundle needs none.
  const interpreter = async () => (await systemInterpreter()).program;
  return pythonServiceClass(
    descriptionOf(manifest),
    () =>
      new PythonHost({ interpreter, folder: join(folder, "python"), file, service: manifest.service, requirements }),
  );
}

function descriptionOf({ service, apis, models, unpacked = [] }: BundleManifest) {
  return {
    name: service,
    apis: apis.map(({ name, input, output, batch, timeout, maxConcurrency, maxBody }) => ({
      name,
      input,
      output,
      options: {
        ...(batch !== undefined && { batch: { maxSize: batch.maxSize, maxLatency: `${batch.maxLatency} ms` } }),
        timeout: `${timeout} ms`,
        maxConcurrency,
        maxBody: `${maxBody / 2 ** 20} MiB`,
      },
    })),
    models: [...models.map(({ name }) => name), ...unpacked].map((name) => ({ name, isPacked: false })),
  };
}
