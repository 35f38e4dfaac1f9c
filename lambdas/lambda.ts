import type { LogPointer } from "../lib/metadata/records.ts";

/** What Lambda tells a handler of its invocation, as far as we look. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

export function logPointer(context: LambdaContext): LogPointer {
  const { logGroupName: group, logStreamName: stream, awsRequestId: request } = context;
  return { kind: "cloudwatch", group, stream, request };
}
