import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { CredentialSource } from "../../lib/aws/credentials.ts";
import { CredentialsError } from "../../lib/aws/errors.ts";
import { S3Bucket } from "../../lib/aws/s3.ts";
import { FakeS3, refusal } from "./fake-s3.ts";

/** The endpoint that ECS gives a container: each answer has the next key. */
let endpoint: FakeS3;
let folder: string;
let env: Record<string, string>;

const answer = (AccessKeyId: string, minutes: number) => ({
  status: 200,
  content: JSON.stringify({
    AccessKeyId,
    SecretAccessKey: "the-secret",
    Token: "the-token",
    Expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
  }),
});

beforeEach(async () => {
  endpoint = await FakeS3.start();
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
  await writeFile(join(folder, "token"), "Basic abc\n");
  env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}/v2/role`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, "token"),
  };
});
afterEach(async () => {
  await endpoint[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("the credentials", () => {
  it("are those of the environment, as in Lambda", async () => {
    const source = new CredentialSource({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c" });
    expect(await source.get()).toMatchObject({ accessKeyId: "a", secretAccessKey: "b", sessionToken: "c" });
  });

  it("are else fetched from the container's endpoint, once for all who ask", async () => {
    endpoint.faults.push(answer("FIRST", 360));
    const source = new CredentialSource(env);
    const all = await Promise.all(Array.from({ length: 10 }, () => source.get()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toStrictEqual(new Set(["FIRST"]));
    expect(endpoint.requests).toStrictEqual(["GET /v2/role"]);
    expect(endpoint.headers[0]?.authorization).toBe("Basic abc");
    expect(source.last().accessKeyId).toBe("FIRST");
  });

  it("are fetched again when they expire within five minutes", async () => {
    endpoint.faults.push(answer("FIRST", 4), answer("SECOND", 360));
    const source = new CredentialSource(env);
    expect((await source.get()).accessKeyId).toBe("FIRST");
    expect((await source.get()).accessKeyId).toBe("SECOND");
    expect((await source.get()).accessKeyId).toBe("SECOND");
  });

  it("are used on, as long as they hold, when no new ones are to be had", async () => {
    const refused = { status: 500 };
    endpoint.faults.push(answer("FIRST", 4), refused, refused, refused, refused);
    const source = new CredentialSource(env);
    await source.get();
    expect((await source.get()).accessKeyId).toBe("FIRST");
  });

  it("are fetched again when a service says that they have expired", async () => {
    endpoint.faults.push(answer("FIRST", 360), answer("SECOND", 360));
    await using s3 = await FakeS3.start();
    s3.objects.set("/store/key", Buffer.from("content"));
    s3.faults.push(refusal(400, "ExpiredToken"));
    const client = new AwsClient({ ...env, AWS_ENDPOINT_URL_S3: s3.url, AWS_REGION: "eu-west-1" });
    expect(Buffer.from(await new S3Bucket(client, "store").get("key")).toString()).toBe("content");
    expect(s3.headers.map(({ authorization }) => /Credential=(\w+)/.exec(authorization ?? "")?.[1])).toStrictEqual([
      "FIRST",
      "SECOND",
    ]);
    expect(s3.headers[1]?.["x-amz-security-token"]).toBe("the-token");
  });
});

describe("an error says", () => {
  const failure = async (env: Record<string, string>) => {
    const error = await new CredentialSource(env).get().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CredentialsError);
    return error;
  };

  it("that there are no credentials", async () => {
    expect(await failure({})).toMatchObject({
      code: "AWS_CREDENTIALS",
      message: "There are no AWS credentials in the environment, and no container that gives any.",
      fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the Lambda function or the Batch job a role.",
    });
  });

  it("that the container's endpoint gives none", async () => {
    endpoint.faults.push(...Array(4).fill({ status: 403 }));
    expect(await failure(env)).toMatchObject({
      message: `The container's credentials could not be fetched from ${endpoint.url}: it answered 403.`,
      fix: "Check that the job has a job role.",
    });
  });

  it("that the token would be sent to a stranger", async () => {
    expect(await failure({ ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/role" })).toMatchObject({
      message: "AWS_CONTAINER_CREDENTIALS_FULL_URI names example.com, which is neither HTTPS nor this machine.",
    });
    expect(endpoint.requests).toStrictEqual([]);
  });
});
