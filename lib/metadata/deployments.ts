import type { ModelSource } from "./models.ts";

/** `lost`: the run ended while it went on; never stored by itself, found on reading. */
export type DeploymentStatus = "deploying" | "in_service" | "failed" | "lost";

/** A service with its models that a task has put behind an endpoint, or tried to. */
export interface DeploymentRecord {
  readonly endpoint: string;
  /** Deployments sort by it, oldest first. */
  readonly id: string;
  readonly status: DeploymentStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** The task that made it. */
  readonly source: ModelSource;
  /** The service's class. */
  readonly service: string;
  /** The version of the service's bundle, which tells its code. */
  readonly code: string;
  /** By the model's path in the service. */
  readonly models: Readonly<Record<string, DeployedModel>>;
  /** Where the models are: an object of S3, or the folder of a bundle. */
  readonly data: string;
  /** On AWS: the name of the endpoint's configuration and of the model; and that of the configuration which the endpoint had before. */
  readonly config?: string;
  readonly previous?: string;
  /** Of one that failed: why. */
  readonly failure?: string;
}

export interface DeployedModel {
  readonly artifact: string;
  /** SHA-256 of the artifact's bytes. */
  readonly hash: string;
  /** What it is, for people. */
  readonly type: string;
  /** The version of a model with the same content, `iris:20261123-184309-417-7kq2`, where one was saved. */
  readonly version?: string;
}

/** Of versions such as `iris:20261123-184309-417-7kq2`, the newest. */
function newestVersion(versions: readonly string[]): string | undefined {
  const time = (version: string) => version.slice(version.indexOf(":") + 1);
  return [...versions].sort((a, b) => (time(a) < time(b) ? -1 : 1)).at(-1);
}

/** A deployment with the versions of the models that have the same content; the versions of each model are given in its order. */
export function withVersions(deployment: DeploymentRecord, versions: readonly (readonly string[])[]): DeploymentRecord {
  const models = Object.entries(deployment.models).map(([path, model], index) => {
    const version = newestVersion(versions[index] ?? []);
    return [path, version === undefined ? model : { ...model, version }] as const;
  });
  return { ...deployment, models: Object.fromEntries(models) };
}

/** What was deployed, by endpoint. */
export interface DeploymentRecords {
  /** Replaces what is on record of the same deployment, unless that is in service. The models' versions are looked up by their content. */
  put(deployment: DeploymentRecord): Promise<void>;
  /** The endpoints that something was deployed to, by name. */
  endpoints(): Promise<readonly string[]>;
  get(endpoint: string, id: string): Promise<DeploymentRecord | undefined>;
  /** Newest first, a page after the other. */
  all(endpoint: string): AsyncIterable<DeploymentRecord>;
  /** Newest first. */
  list(endpoint: string, options?: { readonly limit?: number }): Promise<readonly DeploymentRecord[]>;
}
