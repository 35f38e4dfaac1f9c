import type { AwsClient } from "./client.ts";
import { callJson, type JsonService } from "./json-protocol.ts";

const codebuild: JsonService = {
  service: "codebuild",
  host: "codebuild",
  version: "1.1",
  target: "CodeBuild_20161006",
};

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
  const { build } = await callJson(client, codebuild, "StartBuild", { projectName, idempotencyToken: token });
  return build as Build;
}

export async function getBuild(client: AwsClient, id: string): Promise<Build | undefined> {
  const { builds } = await callJson(client, codebuild, "BatchGetBuilds", { ids: [id] });
  return (builds as Build[])[0];
}
