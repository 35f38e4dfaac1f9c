import type { OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { LogPointer } from "../../metadata/records.ts";
import type { Line } from "../lines.ts";
import { sdk } from "./sdk.ts";

/** The clocks of who records an attempt's start and of who stamps its lines may differ by so many milliseconds. */
const skew = 60_000;

/** The lines of an attempt in CloudWatch: a Lambda function's stream holds other requests too. */
export async function* cloudWatchLines(
  { group, stream, request }: LogPointer & { readonly kind: "cloudwatch" },
  attempt: number,
  startedAt: string,
): AsyncGenerator<Line> {
  let current: string | undefined;
  for await (const { message = "", timestamp = 0 } of events(group, stream, Date.parse(startedAt) - skew)) {
    const entry = parse(message);
    if (entry.started !== undefined) current = entry.started;
    if (entry.text === undefined) continue;
    if (request !== undefined && (entry.request ?? current ?? request) !== request) continue;
    const time = new Date(timestamp).toISOString();
    for (const text of entry.text.replace(/\n$/, "").split("\n")) yield { attempt, time, stream: entry.stream, text };
  }
}

async function* events(logGroupName: string, logStreamName: string, startTime: number): AsyncGenerator<OutputLogEvent> {
  const { CloudWatchLogsClient, GetLogEventsCommand } = await sdk(
    "@aws-sdk/client-cloudwatch-logs",
    () => import("@aws-sdk/client-cloudwatch-logs"),
  );
  const client = new CloudWatchLogsClient({});
  try {
    let token: string | undefined;
    for (;;) {
      const page = await client.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, startTime, startFromHead: true, nextToken: token }),
      );
      yield* page.events ?? [];
      // The same token again: there is nothing further.
      if (page.nextForwardToken === undefined || page.nextForwardToken === token) return;
      token = page.nextForwardToken;
    }
  } catch (error) {
    // Retention has removed them, or the task has not written any yet.
    if ((error as Error).name !== "ResourceNotFoundException") throw error;
  } finally {
    client.destroy();
  }
}

interface Entry {
  /** A line of the task; `undefined` where Lambda itself says something. */
  readonly text?: string;
  readonly stream: Line["stream"];
  readonly request?: string;
  /** The request that begins with this entry. */
  readonly started?: string;
}

/** Lambda's JSON format, or text as it was written. */
function parse(message: string): Entry {
  const document = message.startsWith("{") ? json(message) : undefined;
  if (typeof document?.type === "string" && document.type.startsWith("platform.")) {
    const { requestId } = Object(document.record) as { requestId?: string };
    return { stream: "stdout", ...(document.type === "platform.start" && requestId && { started: requestId }) };
  }
  if (typeof document?.requestId !== "string" || document.level === undefined)
    return { text: message, stream: "stdout" };
  return {
    text: typeof document.message === "string" ? document.message : JSON.stringify(document.message),
    stream: /^(WARN|ERROR|FATAL)$/.test(String(document.level)) ? "stderr" : "stdout",
    request: document.requestId,
  };
}

function json(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
