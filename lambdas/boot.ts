// What a Batch job's container begins with, as text in its job definition: it fetches the step's bundle, checks and runs it. It stays small
// and has no imports but Node's.
import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";

const { env } = process;

async function credentials(): Promise<{ AccessKeyId: string; SecretAccessKey: string; Token: string }> {
  const {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey = "",
    AWS_SESSION_TOKEN: Token = "",
  } = env;
  if (AccessKeyId) return { AccessKeyId, SecretAccessKey, Token };
  const url =
    env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? `http://169.254.170.2${env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}`;
  return (await fetch(url)).json() as never;
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
async function fetchSigned(url: URL): Promise<Uint8Array> {
  const { AccessKeyId, SecretAccessKey, Token } = await credentials();
  const time = new Date().toISOString().replace(/[-:]|\..../g, "");
  const scope = `${time.slice(0, 8)}/${env.AWS_REGION}/s3/aws4_request`;
  const headers: Record<string, string> = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": time };
  if (Token) headers["x-amz-security-token"] = Token;
  const names = ["host", ...Object.keys(headers)].join(";");
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}:${value}\n`);
  const request = ["GET", url.pathname, "", lines.join(""), names, "UNSIGNED-PAYLOAD"].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, hash(request)].join("\n");
  const hmac = (key: string | Uint8Array, part: string): Uint8Array => createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", scope.split("/").reduce<string | Uint8Array>(hmac, `AWS4${SecretAccessKey}`));
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${AccessKeyId}/${scope},SignedHeaders=${names},Signature=${signature.update(text).digest("hex")}`;
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function fetchBundle(): Promise<Uint8Array> {
  const url = new URL(env.MILLRACE_BUNDLE ?? "");
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const target = endpoint ? new URL(url.pathname, endpoint) : url;
  for (let wait = 500; ; wait *= 2) {
    try {
      return await fetchSigned(target);
    } catch (error) {
      if (wait > 16_000) throw error;
      await new Promise((done) => setTimeout(done, wait * Math.random()));
    }
  }
}

const bundle = await fetchBundle();
if (hash(bundle) !== env.MILLRACE_BUNDLE_SHA256)
  throw new Error(`${env.MILLRACE_BUNDLE} is not the bundle that was deployed.`);
const file = `${mkdtempSync("/tmp/step-")}/step.mjs`;
writeFileSync(file, bundle);
await import(file);
