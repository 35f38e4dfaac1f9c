import type { DeploymentRecord } from "./deployments.ts";
import type { ModelRecord } from "./models.ts";

/**
 * A thing that others were made of, or that was made of others. An artifact is named by the SHA-256 of its bytes, a model as `iris:VERSION`, a
 * run as `Flow/run`, a deployment as `endpoint/id`.
 */
export interface LineageNode {
  readonly kind: "artifact" | "model" | "run" | "deployment";
  readonly name: string;
}

/** What was made of what, forward. */
export interface LineageRecords {
  add(source: LineageNode, target: LineageNode): Promise<void>;
  /** What was made of `source`, of one kind, by name. */
  from(source: LineageNode, kind: LineageNode["kind"]): Promise<readonly string[]>;
}

export type LineageLink = readonly [source: LineageNode, target: LineageNode];

export function lineageOfModel({ name, version, ref }: ModelRecord): LineageLink[] {
  return [
    [
      { kind: "artifact", name: ref.hash },
      { kind: "model", name: `${name}:${version}` },
    ],
  ];
}

export function lineageOfDeployment({ endpoint, id, source, models }: DeploymentRecord): LineageLink[] {
  const target = { kind: "deployment", name: `${endpoint}/${id}` } as const;
  const sources: LineageNode[] = [{ kind: "run", name: `${source.flow}/${source.run}` }];
  for (const { hash, version } of Object.values(models)) {
    sources.push({ kind: "artifact", name: hash });
    if (version !== undefined) sources.push({ kind: "model", name: version });
  }
  return sources.map((node) => [node, target]);
}
