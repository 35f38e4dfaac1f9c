import type { AwsCall, AwsClient } from "./client.ts";
import { AwsError } from "./errors.ts";
import { failureOf, xmlElement } from "./failures.ts";
import type { HttpResponse } from "./http.ts";
import { inParallel } from "./parallel.ts";
import { encodePart } from "./signature.ts";

/** Objects larger than this travel in parts of this size, several at a time: one connection to S3 carries about 90 MB/s. */
export const partSize = 8 * 2 ** 20;
const multipartFrom = 16 * 2 ** 20;
const partsAtOnce = 6;
const mostParts = 10_000;
/** Of what comes in pieces it is not known how many parts it has: 160 GB at the most. */
const streamedPartSize = 16 * 2 ** 20;
const streamedPartsAtOnce = 3;

/** The objects of one bucket. Every method @throws AwsError, CredentialsError */
export class S3Bucket {
  readonly name: string;
  readonly #client: AwsClient;
  readonly #base: string;

  constructor(client: AwsClient, name: string) {
    this.name = name;
    this.#client = client;
    const endpoint = client.endpoint("s3");
    const host = `s3.${client.region}.${client.domain}`;
    // A name with dots is not covered by the certificate of *.s3.<region>.
    this.#base =
      endpoint === undefined && !name.includes(".")
        ? `https://${name}.${host}`
        : `${endpoint ?? `https://${host}`}/${name}`;
  }

  /** Whether the object is there. A role that may not list the bucket is told 403 for one that is not. */
  async has(key: string): Promise<boolean> {
    try {
      await this.#send("HeadObject", "HEAD", key);
      return true;
    } catch (error) {
      if (error instanceof AwsError && (error.status === 404 || error.status === 403)) return false;
      throw error;
    }
  }

  async get(key: string): Promise<Uint8Array> {
    return (await this.#client.send(this.getCall(key))).content;
  }

  /** As {@link get}, in parallel parts: for an object that is not small, and never empty. */
  async getInParts(key: string): Promise<Uint8Array> {
    const first = await this.#range(key, 0);
    const total = Number(first.headers["content-range"]?.split("/")[1] ?? first.content.byteLength);
    if (total <= first.content.byteLength) return first.content;
    const bytes = new Uint8Array(total);
    bytes.set(first.content);
    await inParallel(Math.ceil(total / partSize) - 1, partsAtOnce, async (index) => {
      const start = (index + 1) * partSize;
      bytes.set((await this.#range(key, start)).content, start);
    });
    return bytes;
  }

  /** As {@link getInParts}, a part after the other: the next ones are on their way, and no more of the object is in memory. */
  async *parts(key: string): AsyncGenerator<Uint8Array> {
    const first = await this.#range(key, 0);
    const total = Number(first.headers["content-range"]?.split("/")[1] ?? first.content.byteLength);
    const coming: Promise<HttpResponse>[] = [];
    let start = first.content.byteLength;
    const ask = () => {
      if (start >= total) return;
      const part = this.#range(key, start);
      // It is told of when it is this part's turn.
      part.catch(() => {});
      coming.push(part);
      start += partSize;
    };
    for (let ahead = 0; ahead < streamedPartsAtOnce; ahead++) ask();
    yield first.content;
    for (let part = coming.shift(); part !== undefined; part = coming.shift()) {
      const { content } = await part;
      ask();
      yield content;
    }
  }

  /** Writes an object unless there is one with this key; @returns whether it did. */
  async putNew(key: string, body: Uint8Array, bodyHash?: string): Promise<boolean> {
    try {
      if (body.byteLength > multipartFrom) await this.#putParts(key, body);
      else
        await this.#send("PutObject", "PUT", key, {
          headers: { "if-none-match": "*" },
          body,
          ...(bodyHash === undefined ? {} : { bodyHash }),
        });
      return true;
    } catch (error) {
      if (error instanceof AwsError && error.status === 412) return false;
      throw error;
    }
  }

  /**
   * As {@link putNew}, with a body of any size that comes in pieces. No more of it is asked for while as many parts are on their way as may be.
   */
  async putNewStream(key: string, pieces: AsyncIterable<Uint8Array>): Promise<boolean> {
    const parts = inParts(pieces, streamedPartSize);
    try {
      const { value: first = new Uint8Array() } = await parts.next();
      const second = await parts.next();
      if (second.done === true) return await this.putNew(key, first);
      await this.#upload(key, (put) => putAsTheyCome([first, second.value], parts, put));
      return true;
    } catch (error) {
      if (error instanceof AwsError && error.status === 412) return false;
      throw error;
    } finally {
      await parts.return(undefined);
    }
  }

  /** The unsigned call that reads a whole object. */
  getCall(key: string): AwsCall {
    return this.#call("GetObject", "GET", key);
  }

  async #range(key: string, start: number): Promise<HttpResponse> {
    return await this.#send("GetObject", "GET", key, { headers: { range: `bytes=${start}-${start + partSize - 1}` } });
  }

  async #putParts(key: string, body: Uint8Array): Promise<void> {
    const size = Math.max(partSize, Math.ceil(body.byteLength / mostParts));
    await this.#upload(key, (put) =>
      inParallel(Math.ceil(body.byteLength / size), partsAtOnce, (index) =>
        put(index, body.subarray(index * size, (index + 1) * size)),
      ),
    );
  }

  /** @param send Puts all parts. */
  async #upload(key: string, send: (put: PutPart) => Promise<void>): Promise<void> {
    const created = await this.#send("CreateMultipartUpload", "POST", key, { query: "uploads=" });
    const uploadId = requiredElement(created, "UploadId");
    const upload = `uploadId=${encodePart(uploadId)}`;
    try {
      const tags: string[] = [];
      await send(async (index, part) => {
        const { headers } = await this.#send("UploadPart", "PUT", key, {
          query: `partNumber=${index + 1}&${upload}`,
          body: part,
        });
        tags[index] = headers.etag ?? "";
      });
      await this.#complete(key, upload, tags);
    } catch (error) {
      // What is left of an upload that is not given up costs money until a lifecycle rule removes it.
      await this.#send("AbortMultipartUpload", "DELETE", key, { query: upload }).catch(() => {});
      throw error;
    }
  }

  async #complete(key: string, upload: string, tags: readonly string[]): Promise<void> {
    const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const headers = { "content-type": "application/xml", "if-none-match": "*" };
    const response = await this.#send("CompleteMultipartUpload", "POST", key, { query: upload, headers, body });
    // S3 answers 200 before it is done: the content tells how it went.
    if (new TextDecoder().decode(response.content).includes("<Error>")) {
      throw failureOf("S3 CompleteMultipartUpload", { ...response, status: 500 });
    }
  }

  async #send(
    operation: string,
    method: AwsCall["method"],
    key: string,
    options: CallOptions = {},
  ): Promise<HttpResponse> {
    return await this.#client.send(this.#call(operation, method, key, options));
  }

  #call(operation: string, method: AwsCall["method"], key: string, { query, ...rest }: CallOptions = {}): AwsCall {
    const path = key.split("/").map(encodePart).join("/");
    return {
      service: "s3",
      operation,
      method,
      url: new URL(`${this.#base}/${path}${query === undefined ? "" : `?${query}`}`),
      ...rest,
    };
  }
}

/** Sends a part of an upload; the first is number 0. */
type PutPart = (index: number, part: Uint8Array) => Promise<void>;

/** The pieces in parts of a size; the last may be smaller. */
async function* inParts(pieces: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, undefined> {
  let part = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const piece of pieces) {
    for (let left = piece; left.byteLength > 0; ) {
      const taken = left.subarray(0, size - filled);
      part.set(taken, filled);
      filled += taken.byteLength;
      left = left.subarray(taken.byteLength);
      if (filled < size) continue;
      yield part;
      part = Buffer.allocUnsafe(size);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

async function putAsTheyCome(
  first: readonly Uint8Array[],
  others: AsyncIterable<Uint8Array>,
  put: PutPart,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let count = 0;
  const send = async (part: Uint8Array) => {
    if (underWay.size >= streamedPartsAtOnce) await Promise.race(underWay);
    if (failures.length > 0) throw failures[0];
    const sending = put(count++, part)
      .catch((error) => void failures.push(error))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  try {
    for (const part of first) await send(part);
    for await (const part of others) await send(part);
  } finally {
    await Promise.all(underWay);
  }
  // One may have failed while the next was waited for.
  if (failures.length > 0) throw failures[0];
}

interface CallOptions extends Pick<AwsCall, "headers" | "body" | "bodyHash"> {
  readonly query?: string;
}

function requiredElement(response: HttpResponse, name: string): string {
  const value = xmlElement(new TextDecoder().decode(response.content), name);
  if (value === undefined) throw failureOf("S3 CreateMultipartUpload", response);
  return value;
}
