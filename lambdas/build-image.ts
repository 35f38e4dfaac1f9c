// Has an image built while a stack is deployed: a custom resource that is there when the build has succeeded.
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "../lib/aws/client.ts";
import { type Build, getBuild, startBuild } from "../lib/aws/codebuild.ts";

interface ImageRequest {
  readonly RequestType: "Create" | "Update" | "Delete";
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** The image is its id: another one is another resource. */
  readonly ResourceProperties: { readonly Project: string; readonly Image: string };
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** Milliseconds between two looks at a build. */
const interval = 2_000;
/** Milliseconds that are left for the answer. */
const reserve = 20_000;

const client = new AwsClient();

export async function handler(request: ImageRequest, context: Context): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, ResourceProperties } = request;
  const outcome = await provide(request, context).then(
    () => ({ Status: "SUCCESS" }),
    (error) => ({ Status: "FAILED", Reason: error instanceof Error ? error.message : String(error) }),
  );
  const answer = { ...outcome, StackId, RequestId, LogicalResourceId, PhysicalResourceId: ResourceProperties.Image };
  // As bytes: the URL is signed for a request without a content type.
  const body = new TextEncoder().encode(JSON.stringify(answer));
  const response = await fetch(request.ResponseURL, { method: "PUT", body });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}.`);
}

async function provide(
  { RequestType, RequestId, ResourceProperties: { Project, Image } }: ImageRequest,
  context: Context,
): Promise<void> {
  if (RequestType === "Delete") return;
  const { id } = await startBuild(client, Project, RequestId);
  for (;;) {
    const build = await getBuild(client, id);
    if (build?.buildStatus === "SUCCEEDED") return;
    if (build && build.buildStatus !== "IN_PROGRESS") throw new Error(`${Image} was not built: ${reasonOf(build)}`);
    if (context.getRemainingTimeInMillis() < reserve) throw new Error(`${Image} takes too long to build: see ${id}.`);
    await sleep(interval);
  }
}

function reasonOf({ buildStatus, phases = [], logs = {} }: Build): string {
  const contexts = phases.flatMap(({ phaseStatus, contexts = [] }) => (phaseStatus === "FAILED" ? contexts : []));
  const message = contexts.map(({ message }) => message).find((text) => text) ?? buildStatus;
  const log = logs.groupName ? ` The log is ${logs.groupName}, stream ${logs.streamName}.` : "";
  return `${message}.${log}`;
}
