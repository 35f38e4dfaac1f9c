import { createHash, createHmac } from "node:crypto";
import type { Credentials } from "./credentials.ts";

// AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

export interface SignedRequest {
  readonly method: string;
  /** Its path and query percent-encoded as they go over the wire. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body in hex. */
  readonly bodyHash: string;
}

const algorithm = "AWS4-HMAC-SHA256";

/** The headers of the request with `authorization` and what belongs to it. Synchronous, since a blocking read must be able to sign too. */
export function sign(
  { method, url, headers, bodyHash }: SignedRequest,
  credentials: Credentials,
  service: string,
  region: string,
  now: Date,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const all: Record<string, string> = {
    ...headers,
    "x-amz-content-sha256": bodyHash,
    "x-amz-date": time,
    ...(credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken }),
  };
  const signed = Object.entries({ ...all, host: url.host }).sort(byName);
  const names = signed.map(([name]) => name).join(";");
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    names,
    bodyHash,
  ].join("\n");
  const scope = [time.slice(0, 8), region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, [algorithm, time, scope.join("/"), sha256(canonical)].join("\n")).toString("hex");
  const authorization = `${algorithm} Credential=${credentials.accessKeyId}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...all, authorization };
}

/** Percent-encoded as AWS wants it: everything but letters, digits and `-._~`. */
export function encodePart(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** In hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function canonicalQuery(url: URL): string {
  const parameters = [...url.searchParams].map(([name, value]): [string, string] => [
    encodePart(name),
    encodePart(value),
  ]);
  return parameters
    .sort(byName)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
