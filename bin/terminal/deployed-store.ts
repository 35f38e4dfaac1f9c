import { sdk } from "../../lib/client/aws/sdk.ts";
import type { AwsLocation } from "../../lib/client/open.ts";
import { UsageError } from "./errors.ts";

/** The stack of `bin/app` that holds the environment, and its outputs. */
const stack = "Millrace";

/** Table and bucket: from MILLRACE_TABLE and MILLRACE_BUCKET, else from the outputs of the stack Millrace. */
export async function deployedStore(): Promise<AwsLocation> {
  const { MILLRACE_TABLE: table, MILLRACE_BUCKET: bucket } = process.env;
  if (table && bucket) return { table, bucket };
  const { CloudFormationClient, DescribeStacksCommand } = await sdk(
    "@aws-sdk/client-cloudformation",
    () => import("@aws-sdk/client-cloudformation"),
  );
  const client = new CloudFormationClient({});
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const output = (key: string) => found?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    return { table: output("Table") ?? "", bucket: output("Bucket") ?? "" };
  } catch (error) {
    throw new UsageError(
      `The stack ${stack} cannot be read: ${error instanceof Error ? error.message : error}.`,
      "Deploy it, or set MILLRACE_TABLE and MILLRACE_BUCKET to the outputs of your FlowEnvironment.",
    );
  } finally {
    client.destroy();
  }
}
