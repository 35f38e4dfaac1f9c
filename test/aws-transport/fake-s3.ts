import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsClient } from "../../lib/aws/client.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Uint8Array | string;
}

/** What is answered in place of the objects: an answer, or what is done to the connection. */
export type Fault = Answer | ((response: ServerResponse, request: IncomingMessage) => void);

/** S3's objects in memory behind a real HTTP server, and faults that are played in order, one a request, before anything else is answered. */
export class FakeS3 implements AsyncDisposable {
  /** By `/bucket/key`. */
  readonly objects = new Map<string, Uint8Array>();
  /** As `PUT /bucket/key?query`. */
  readonly requests: string[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  readonly faults: Fault[] = [];
  readonly #uploads = new Map<string, Map<number, Uint8Array>>();
  readonly #server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    this.requests.push(`${request.method} ${request.url}`);
    this.headers.push(request.headers);
    const fault = this.faults.shift() ?? this.#answer(request, body);
    if (typeof fault === "function") fault(response, request);
    else response.writeHead(fault.status, fault.headers).end(fault.content);
  });

  static async start(): Promise<FakeS3> {
    const fake = new FakeS3();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  client(env: Readonly<Record<string, string>> = {}): AwsClient {
    const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "the-secret" };
    return new AwsClient({ AWS_ENDPOINT_URL: this.url, AWS_REGION: "eu-west-1", ...keys, ...env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, body: Uint8Array): Answer {
    const url = new URL(String(request.url), this.url);
    const key = decodeURIComponent(url.pathname);
    const upload = url.searchParams.get("uploadId");
    const hash = createHash("sha256").update(body).digest("hex");
    if (request.headers["x-amz-content-sha256"] !== hash) return refusal(400, "XAmzContentSHA256Mismatch");
    if (request.method === "PUT" && upload !== null) {
      this.#uploads.get(upload)?.set(Number(url.searchParams.get("partNumber")), body);
      return { status: 200, headers: { etag: `"${hash}"` } };
    }
    if (request.method === "PUT") return this.#write(key, body, request.headers);
    if (request.method === "POST")
      return upload === null ? this.#begin() : this.#write(key, this.#take(upload), request.headers);
    if (request.method === "DELETE") return { status: this.#uploads.delete(String(upload)) ? 204 : 404 };
    return this.#read(key, request.headers);
  }

  #begin(): Answer {
    const id = `upload/${this.#uploads.size}`;
    this.#uploads.set(id, new Map());
    return {
      status: 200,
      content: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    };
  }

  #take(upload: string): Uint8Array {
    const parts = [...(this.#uploads.get(upload) ?? [])].sort(([a], [b]) => a - b);
    return Buffer.concat(parts.map(([, part]) => part));
  }

  #write(key: string, content: Uint8Array, headers: IncomingHttpHeaders): Answer {
    if (headers["if-none-match"] === "*" && this.objects.has(key)) return refusal(412, "PreconditionFailed");
    this.objects.set(key, content);
    return { status: 200 };
  }

  #read(key: string, headers: IncomingHttpHeaders): Answer {
    const object = this.objects.get(key);
    if (object === undefined) return refusal(404, "NoSuchKey");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (from === undefined) return { status: 200, content: object };
    const content = object.subarray(Number(from), Number(to) + 1);
    if (content.length === 0) return refusal(416, "InvalidRange");
    return {
      status: 206,
      headers: { "content-range": `bytes ${from}-${Number(from) + content.length - 1}/${object.length}` },
      content,
    };
  }
}

/** As S3 says no. */
export function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const content = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>It says &quot;no&quot;.</Message><RequestId>R1</RequestId></Error>`;
  return { status, headers: { "x-amz-request-id": "R1", ...headers }, content };
}
