import { styleText } from "node:util";
import type { DeploymentRecord } from "../../lib/metadata/deployments.ts";
import { clientOf } from "../terminal/client.ts";
import { wholeNumber } from "../terminal/options.ts";
import { printable } from "../terminal/output.ts";
import { printTable } from "../terminal/table.ts";

interface DeploymentsOptions {
  readonly json?: true;
  readonly limit: string;
  readonly store?: string;
}

/** Endpoints with their latest deployment or, of an endpoint, its deployments. */
export async function deployments(endpoint: string | undefined, options: DeploymentsOptions): Promise<void> {
  const limit = wholeNumber("--limit", options.limit);
  await using client = await clientOf(options.store);
  const listed = endpoint === undefined ? await client.deployments.endpoints() : [endpoint];
  const found = await Promise.all(
    listed.map((name) => client.deployments.list(name, { limit: endpoint === undefined ? 1 : limit })),
  );
  if (options.json) console.log(JSON.stringify(found.flat()));
  else {
    await printTable(["endpoint", "deployment", "status", "models", "made by", "why not"], found.flat().map(row));
  }
}

function row({ endpoint, id, status, models, source, failure = "" }: DeploymentRecord): string[] {
  const deployed = Object.entries(models).map(([path, { version, artifact, hash }]) => {
    return `${path}=${version ?? `${artifact}@${hash.slice(0, 12)}`}`;
  });
  const made = `${source.flow}/${source.run}/${source.step}`;
  return [endpoint, id, colored(status), deployed.join(" "), made, printable(failure)];
}

function colored(status: DeploymentRecord["status"]): string {
  const color = status === "in_service" ? "green" : status === "deploying" ? "cyan" : "red";
  return styleText(color, status);
}
