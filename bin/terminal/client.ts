import type { Client } from "../../lib/client/client.ts";
import { openClient } from "../../lib/client/client.ts";

/** Opens the store that a command is told to read: a folder, or with `aws` the deployed environment's. */
export async function clientOf(store: string | undefined): Promise<Client> {
  if (store === "aws") {
    const { deployedStore } = await import("./deployed-store.ts");
    return await openClient(await deployedStore());
  }
  return await openClient(store === undefined ? {} : { folder: store });
}
