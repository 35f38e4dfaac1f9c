import { Endpoint } from "../server/endpoint.ts";
import { apisOf } from "../service/apis.ts";
import type { ServiceClass } from "../service/model-service.ts";
import { startService, stopService } from "../service/parts.ts";
import { loadBundledService, readManifest } from "./read.ts";

/** A bundle's service in this process: a method for each API, and `close`. */
export type OpenService = { close(): Promise<void> } & Record<string, (input: unknown) => Promise<unknown>>;

/** Loads a bundle into this process. Inputs and outputs are checked as the server checks them. @throws BundleError */
export async function open(Service: ServiceClass, folder: string): Promise<OpenService> {
  const service = await loadBundledService(Service, folder, await readManifest(folder));
  await startService(service);
  const methods = apisOf(Service).map((api) => {
    const endpoint = new Endpoint(api, service);
    return [api.name, async (input: unknown) => await endpoint.call(await endpoint.check(input))] as const;
  });
  return { ...Object.fromEntries(methods), close: () => stopService(service) } as OpenService;
}
