import { blockingGet } from "../../aws/blocking-get.ts";
import { type AwsClient, nameOf } from "../../aws/client.ts";
import { AwsError } from "../../aws/errors.ts";
import { failureOf, noAnswer } from "../../aws/failures.ts";
import { partSize, S3Bucket } from "../../aws/s3.ts";
import { BlobMissingError } from "../errors.ts";
import type { Blob, BlobStore } from "../store.ts";
import { identify, pack, pathOf, unpack, unpackPieces, unpackSync } from "./content.ts";

/** From here on it is asked whether the blob is there before it is compressed and sent. */
const askFirstFrom = 256 * 1024;

/** Blobs in a bucket, in the layout of the folder: `s3://<bucket>/<prefix>/blobs/ab/cdef…`. */
export class S3BlobStore implements BlobStore {
  readonly #client: AwsClient;
  readonly #bucket: S3Bucket;
  readonly #prefix: string;

  /** @param prefix The key of the store's root, without slashes around it; `""` for the whole bucket. */
  constructor(client: AwsClient, bucket: string, prefix: string) {
    this.#client = client;
    this.#bucket = new S3Bucket(client, bucket);
    this.#prefix = prefix === "" ? "blobs" : `${prefix}/blobs`;
  }

  async put(bytes: Uint8Array): Promise<Blob> {
    const blob = identify(bytes);
    const key = this.#key(blob);
    if (blob.size >= askFirstFrom && (await this.#bucket.has(key))) return blob;
    await this.#bucket.putNew(key, await pack(blob, bytes), blob.compression === undefined ? blob.hash : undefined);
    return blob;
  }

  async get(blob: Blob): Promise<Uint8Array> {
    const key = this.#key(blob);
    const read = blob.size > partSize ? this.#bucket.getInParts(key) : this.#bucket.get(key);
    const stored = await read.catch((error: unknown) => {
      throw this.#explained(error, key);
    });
    return await unpack(blob, stored, this.#address(key));
  }

  async *pieces(blob: Blob): AsyncGenerator<Uint8Array> {
    const key = this.#key(blob);
    try {
      yield* unpackPieces(blob, this.#stored(blob, key), this.#address(key));
    } catch (error) {
      throw this.#explained(error, key);
    }
  }

  getSync(blob: Blob): Uint8Array {
    const key = this.#key(blob);
    const call = this.#bucket.getCall(key);
    const response = blockingGet({ url: call.url.href, headers: this.#client.signNow(call) });
    if ("code" in response) throw noAnswer(nameOf(call), response.code, response.message);
    if (response.status !== 200) throw this.#explained(failureOf(nameOf(call), response), key);
    return unpackSync(blob, response.content, this.#address(key));
  }

  async *#stored({ size }: Blob, key: string): AsyncGenerator<Uint8Array> {
    if (size > partSize) yield* this.#bucket.parts(key);
    else yield await this.#bucket.get(key);
  }

  #key(blob: Blob): string {
    return `${this.#prefix}/${pathOf(blob)}`;
  }

  #address(key: string): string {
    return `s3://${this.#bucket.name}/${key}`;
  }

  #explained(error: unknown, key: string): unknown {
    const missing = error instanceof AwsError && error.status === 404 && error.awsCode !== "NoSuchBucket";
    return missing ? new BlobMissingError(this.#address(key), error) : error;
  }
}
