import type { BundleManifest } from "../../lib/model/bundle/manifest.ts";
import { DeployError } from "../errors.ts";

/** @throws DeployError where what is deployed as it is lacks models. */
export function assertPacked({ unpacked = [], service }: BundleManifest): void {
  if (unpacked.length === 0) return;
  const models = unpacked.map((path) => `${/^\w+$/.test(path) ? path : JSON.stringify(path)}: "…"`).join(", ");
  throw new DeployError(
    `${service} has no value for ${unpacked.join(", ")}, and is served as it is deployed.`,
    `Name versions of a store: source: { service: "…", models: { ${models} } }.`,
  );
}
