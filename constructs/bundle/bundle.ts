import { askChild } from "./child.ts";
import type { BundleAnswer, BundleRequest } from "./request.ts";

/** Bundles a flow's steps. @throws MillraceError where the flow or one of its imports is not right. */
export function bundle(request: BundleRequest): BundleAnswer {
  return askChild({ flow: request });
}
