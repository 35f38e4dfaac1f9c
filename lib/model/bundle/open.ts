import { Endpoint } from "../server/endpoint.ts";
import { apisOf } from "../service/apis.ts";
import { isBinary, mediaOf } from "../service/media.ts";
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
    const [taken, answered] = [mediaOf(api.input), mediaOf(api.output)];
    const method = async (input: unknown) => {
      const isBody = isBinary(taken.types) && input instanceof Uint8Array;
      const value = isBody ? taken.decode(input, taken.types[0] ?? "", undefined) : input;
      const result = await endpoint.call(await endpoint.check(value));
      return isBinary(answered.types) ? answered.encode(result).body : result;
    };
    return [api.name, method] as const;
  });
  return { ...Object.fromEntries(methods), close: () => stopService(service) } as OpenService;
}
