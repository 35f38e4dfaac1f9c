import { AwsClient } from "../lib/aws/client.ts";
import { S3BlobStore } from "../lib/data/blobs/s3.ts";
import { MillraceError } from "../lib/errors.ts";
import { DynamoMetadataStore } from "../lib/metadata/dynamodb/store.ts";

/** The stores that the environment's variables name. */
export function storesOf(env: NodeJS.ProcessEnv) {
  const client = new AwsClient(env);
  return {
    client,
    store: new DynamoMetadataStore({ table: variable(env, "MILLRACE_TABLE"), client }),
    blobs: new S3BlobStore(client, variable(env, "MILLRACE_BUCKET"), ""),
  };
}

export function variable(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new MillraceError("ENVIRONMENT", `The environment variable ${name} is not set.`, {
    fix: "Deploy the flow again with the construct Flow, which sets it.",
  });
}
