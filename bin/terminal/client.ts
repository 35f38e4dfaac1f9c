import type { Client } from "../../lib/client/client.ts";
import { openClient } from "../../lib/client/client.ts";
import { namedStore } from "./store.ts";

/** Opens the store that a command is told to read: a folder, or with `aws` the deployed environment's. */
export async function clientOf(
  option: string | undefined,
  options: { readonly create?: boolean } = {},
): Promise<Client> {
  if (option === "aws") {
    const { deployedStore } = await import("./deployed-store.ts");
    return await openClient(await deployedStore());
  }
  const folder = namedStore(option);
  return await openClient({ ...options, ...(folder !== undefined && { folder }) });
}
