import type { AwsClient } from "./client.ts";

/** As BatchGetBuilds gives it; more members than are named here. */
export interface Build {
  readonly id: string;
  readonly buildStatus: "IN_PROGRESS" | "SUCCEEDED" | "FAILED" | "FAULT" | "TIMED_OUT" | "STOPPED";
  readonly phases?: readonly {
    readonly phaseType: string;
    readonly phaseStatus?: string;
    readonly contexts?: readonly { readonly message?: string }[];
  }[];
  readonly logs?: { readonly groupName?: string; readonly streamName?: string };
}

/** @param token the same token starts a build once */
export async function startBuild(client: AwsClient, projectName: string, token: string): Promise<Build> {
  const { build } = await call(client, "StartBuild", { projectName, idempotencyToken: token });
  return build as Build;
}

export async function getBuild(client: AwsClient, id: string): Promise<Build | undefined> {
  const { builds } = await call(client, "BatchGetBuilds", { ids: [id] });
  return (builds as Build[])[0];
}

async function call(client: AwsClient, operation: string, request: object): Promise<Record<string, unknown>> {
  const endpoint = client.endpoint("codebuild") ?? `https://codebuild.${client.region}.${client.domain}`;
  const { content } = await client.send({
    service: "codebuild",
    operation,
    method: "POST",
    url: new URL(`${endpoint}/`),
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `CodeBuild_20161006.${operation}` },
    body: new TextEncoder().encode(JSON.stringify(request)),
  });
  return JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown>;
}
