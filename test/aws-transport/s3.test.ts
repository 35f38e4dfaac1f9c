import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { AwsError } from "../../lib/aws/errors.ts";
import { S3Bucket } from "../../lib/aws/s3.ts";
import { S3BlobStore } from "../../lib/data/blobs/s3.ts";
import { BlobCorruptError, BlobMissingError } from "../../lib/data/errors.ts";
import type { Blob } from "../../lib/data/store.ts";
import { type Answer, FakeS3, refusal } from "./fake-s3.ts";

const MiB = 2 ** 20;

describe("an object's address", () => {
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };

  it.each<[string, Record<string, string>, string, string]>([
    [
      "a host of the bucket's own",
      { AWS_REGION: "eu-west-1" },
      "store",
      "https://store.s3.eu-west-1.amazonaws.com/a%20b/c%2B",
    ],
    [
      "a path for a name with dots",
      { AWS_REGION: "eu-west-1" },
      "my.store",
      "https://s3.eu-west-1.amazonaws.com/my.store/a%20b/c%2B",
    ],
    [
      "China's domain",
      { AWS_DEFAULT_REGION: "cn-north-1" },
      "store",
      "https://store.s3.cn-north-1.amazonaws.com.cn/a%20b/c%2B",
    ],
    [
      "a path at a given endpoint",
      { AWS_ENDPOINT_URL: "http://localhost:5000/" },
      "store",
      "http://localhost:5000/store/a%20b/c%2B",
    ],
    [
      "the endpoint for S3 before that for all",
      { AWS_ENDPOINT_URL: "http://a", AWS_ENDPOINT_URL_S3: "http://b" },
      "store",
      "http://b/store/a%20b/c%2B",
    ],
  ])("is %s", (_, env, bucket, url) => {
    expect(new S3Bucket(new AwsClient({ ...keys, ...env }), bucket).getCall("a b/c+").url.href).toBe(url);
  });
});

describe("a large object", () => {
  it("is written and read in parts", async () => {
    await using fake = await FakeS3.start();
    const bucket = new S3Bucket(fake.client(), "store");
    const body = randomBytes(17 * MiB);
    expect(await bucket.putNew("key", body)).toBe(true);
    expect(Buffer.compare(await bucket.getInParts("key"), body)).toBe(0);
    expect(fake.requests.toSorted()).toStrictEqual([
      "GET /store/key",
      "GET /store/key",
      "GET /store/key",
      "POST /store/key?uploadId=upload%2F0",
      "POST /store/key?uploads=",
      "PUT /store/key?partNumber=1&uploadId=upload%2F0",
      "PUT /store/key?partNumber=2&uploadId=upload%2F0",
      "PUT /store/key?partNumber=3&uploadId=upload%2F0",
    ]);
    expect(await bucket.putNew("key", body)).toBe(false);
  });

  it("whose upload fails leaves no parts behind that cost money", async () => {
    await using fake = await FakeS3.start();
    fake.faults.push({ status: 200, content: "<UploadId>1</UploadId>" }, refusal(403, "AccessDenied"));
    await expect(new S3Bucket(fake.client(), "store").putNew("key", Buffer.alloc(17 * MiB))).rejects.toMatchObject({
      awsCode: "AccessDenied",
    });
    expect(fake.requests.at(-1)).toBe("DELETE /store/key?uploadId=1");
    expect(fake.objects.size).toBe(0);
  });

  it("is not taken for stored when S3 says 200 and then that it failed", async () => {
    await using fake = await FakeS3.start();
    const part = { status: 200, headers: { etag: '"e"' } };
    fake.faults.push({ status: 200, content: "<UploadId>1</UploadId>" }, part, part, part, {
      ...refusal(500, "InternalError"),
      status: 200,
    });
    await expect(new S3Bucket(fake.client(), "store").putNew("key", Buffer.alloc(17 * MiB))).rejects.toMatchObject({
      awsCode: "InternalError",
    });
  });
});

/** So many bytes in pieces of a size that is no part's; tells how many were asked for. */
function source(total: number) {
  const state = { given: 0 };
  const pieces = async function* () {
    for (; state.given < total; ) {
      const size = Math.min(3 * MiB + 1, total - state.given);
      state.given += size;
      yield Buffer.alloc(size, state.given % 251);
    }
  };
  return { state, pieces };
}

describe("an object that comes in pieces", () => {
  it.each([0, 1, 16 * MiB, 16 * MiB + 1, 50 * MiB])("is written whole: %i bytes", async (total) => {
    await using fake = await FakeS3.start();
    const bucket = new S3Bucket(fake.client(), "store");
    expect(await bucket.putNewStream("key", source(total).pieces())).toBe(true);
    const expected = Buffer.concat(await Readable.from(source(total).pieces()).toArray());
    expect(Buffer.compare(fake.objects.get("/store/key") ?? Buffer.from("none"), expected)).toBe(0);
    expect(await bucket.putNewStream("key", source(total).pieces())).toBe(false);
  });

  it("and is read in parts, is the same", async () => {
    await using fake = await FakeS3.start();
    const bucket = new S3Bucket(fake.client(), "store");
    await bucket.putNewStream("key", source(50 * MiB).pieces());
    const parts = await Readable.from(bucket.parts("key")).toArray();
    expect(parts).toHaveLength(7);
    expect(Buffer.compare(Buffer.concat(parts), fake.objects.get("/store/key") ?? Buffer.from("none"))).toBe(0);
  });

  it("is not asked for more while its parts are on their way", async () => {
    await using fake = await FakeS3.start();
    const held: (() => void)[] = [];
    fake.faults.push({ status: 200, content: "<UploadId>1</UploadId>" });
    for (let part = 0; part < 3; part++) {
      fake.faults.push((response) => void held.push(() => response.writeHead(200, { etag: '"e"' }).end()));
    }
    const { state, pieces } = source(400 * MiB);
    const writing = new S3Bucket(fake.client(), "store").putNewStream("key", pieces());
    await expect.poll(() => held.length).toBe(3);
    await new Promise((done) => setTimeout(done, 50));
    expect(state.given).toBeLessThan(5 * 16 * MiB);
    for (const answer of held) answer();
    expect(await writing).toBe(true);
    expect(state.given).toBe(400 * MiB);
  });

  it.each([
    ["S3", [refusal(403, "AccessDenied")], undefined, "AccessDenied"],
    ["its source", [], new RangeError("the source broke"), "the source broke"],
  ])("leaves no parts behind where %s fails", async (_, faults, broken, reason) => {
    await using fake = await FakeS3.start();
    fake.faults.push({ status: 200, content: "<UploadId>1</UploadId>" }, ...faults);
    const pieces = async function* () {
      yield* source(40 * MiB).pieces();
      if (broken !== undefined) throw broken;
      yield* source(40 * MiB).pieces();
    };
    await expect(new S3Bucket(fake.client(), "store").putNewStream("key", pieces())).rejects.toThrow(reason);
    expect(fake.requests.at(-1)).toBe("DELETE /store/key?uploadId=1");
    expect(fake.objects.size).toBe(0);
  });
});

it("an object whose first part is refused while its source is slow is not completed without it", async () => {
  await using fake = await FakeS3.start();
  fake.faults.push({ status: 200, content: "<UploadId>1</UploadId>" }, refusal(403, "AccessDenied"));
  const slow = async function* () {
    yield* source(33 * MiB).pieces();
    await expect.poll(() => fake.requests.length).toBeGreaterThan(2);
    await new Promise((done) => setTimeout(done, 100));
    yield* source(1 * MiB).pieces();
  };
  await expect(new S3Bucket(fake.client(), "store").putNewStream("key", slow())).rejects.toThrow("AccessDenied");
  expect(fake.requests.at(-1)).toBe("DELETE /store/key?uploadId=1");
  expect(fake.objects.size).toBe(0);
});

describe("a blob in a bucket", () => {
  it("costs one request to write, one to read", async () => {
    await using fake = await FakeS3.start();
    const blobs = new S3BlobStore(fake.client(), "store", "");
    const blob = await blobs.put(Buffer.from("content"));
    await blobs.get(blob);
    const path = `/store/blobs/${blob.hash.slice(0, 2)}/${blob.hash.slice(2)}`;
    expect(fake.requests).toStrictEqual([`PUT ${path}`, `GET ${path}`]);
  });

  it("that is there is not sent again if it is large", async () => {
    await using fake = await FakeS3.start();
    const blobs = new S3BlobStore(fake.client(), "store", "");
    const bytes = randomBytes(MiB);
    await blobs.put(bytes);
    fake.requests.length = 0;
    const { hash } = await blobs.put(bytes);
    expect(fake.requests).toStrictEqual([`HEAD /store/blobs/${hash.slice(0, 2)}/${hash.slice(2)}`]);
  });

  it("is written also by a role that may not list the bucket and so is told 403", async () => {
    await using fake = await FakeS3.start();
    const blobs = new S3BlobStore(fake.client(), "store", "");
    fake.faults.push({ status: 403 });
    const bytes = randomBytes(MiB);
    expect(Buffer.compare(await blobs.get(await blobs.put(bytes)), bytes)).toBe(0);
  });

  it("in a bucket that is not there is no missing blob", async () => {
    await using fake = await FakeS3.start();
    fake.faults.push(refusal(404, "NoSuchBucket"));
    await expect(
      new S3BlobStore(fake.client(), "store", "").get({ hash: "0".repeat(64), size: 1 }),
    ).rejects.toMatchObject({
      awsCode: "NoSuchBucket",
      fix: "Check the bucket's name and region.",
    });
  });
});

describe("a read that blocks the thread", () => {
  const bytes = Buffer.from("read while waiting\n".repeat(100));

  /** A bucket with a blob in a process of its own, since this thread cannot answer while it waits; the first reads meet the faults. */
  async function store(faults: readonly Answer[], content: Uint8Array = bytes) {
    const program = `
      import { FakeS3 } from ${JSON.stringify(new URL("./fake-s3.ts", import.meta.url).href)};
      import { S3BlobStore } from ${JSON.stringify(new URL("../../lib/data/blobs/s3.ts", import.meta.url).href)};
      const fake = await FakeS3.start();
      const blob = await new S3BlobStore(fake.client(), "store", "").put(Buffer.from(${JSON.stringify(bytes.toString())}));
      if (${content !== bytes}) for (const key of fake.objects.keys()) fake.objects.set(key, Buffer.from(${JSON.stringify(Buffer.from(content).toString())}));
      fake.faults.push(...${JSON.stringify(faults)});
      console.log(JSON.stringify({ url: fake.url, blob }));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    const { url, blob } = JSON.parse(String(line)) as { url: string; blob: Blob };
    const client = new AwsClient({ AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
    const stop = async () => {
      child.kill();
      await once(child, "exit");
    };
    return { blobs: new S3BlobStore(client, "store", ""), blob, url, [Symbol.asyncDispose]: stop };
  }

  function failure(read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      return error;
    }
  }

  it("brings the blob, also after faults, and as often as it is asked", async () => {
    await using place = await store([refusal(503, "SlowDown"), { status: 500 }]);
    for (let time = 0; time < 3; time++) expect(Buffer.compare(place.blobs.getSync(place.blob), bytes)).toBe(0);
  });

  it("tells a missing blob from a damaged one and from a refusal", async () => {
    await using place = await store([refusal(403, "AccessDenied")], Buffer.from("something else"));
    expect(failure(() => place.blobs.getSync(place.blob))).toMatchObject({
      awsCode: "AccessDenied",
      operation: "S3 GetObject",
      requestId: "R1",
    });
    expect(failure(() => place.blobs.getSync(place.blob))).toBeInstanceOf(BlobCorruptError);
    expect(failure(() => place.blobs.getSync({ hash: "0".repeat(64), size: 1 }))).toBeInstanceOf(BlobMissingError);
  });

  it("says when nobody answers", async () => {
    const place = await store([]);
    await place[Symbol.asyncDispose]();
    const error = failure(() => place.blobs.getSync(place.blob));
    expect(error).toBeInstanceOf(AwsError);
    expect(error).toMatchObject({
      status: 0,
      message: `S3 GetObject failed with ECONNREFUSED: connect ECONNREFUSED ${new URL(place.url).host}`,
    });
  });
});
