// The TypeScript side for the tests of the Python one: a request on each line of standard input, an answer on each line of standard output.
import { deepStrictEqual } from "node:assert/strict";
import { createInterface } from "node:readline";
import * as arrow from "apache-arrow";
import { AwsClient } from "../../../lib/aws/client.ts";
import { dynamo } from "../../../lib/aws/dynamodb.ts";
import { FolderBlobStore } from "../../../lib/data/blobs/folder.ts";
import { S3BlobStore } from "../../../lib/data/blobs/s3.ts";
import { decode, encode, loadCodec } from "../../../lib/data/codecs/index.ts";
import { ArtifactFile } from "../../../lib/data/file.ts";
import type { Blob } from "../../../lib/data/store.ts";
import { Tensor } from "../../../lib/data/tensor.ts";
import { DynamoMetadataStore } from "../../../lib/metadata/dynamodb/store.ts";
import { tableSchema } from "../../../lib/metadata/keys.ts";
import { thisProcess } from "../../../lib/metadata/owner.ts";
import { SqliteMetadataStore } from "../../../lib/metadata/sqlite/store.ts";
import type { MetadataStore } from "../../../lib/metadata/store.ts";

interface Location {
  readonly folder?: string;
  readonly table?: string;
  readonly bucket?: string;
}

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const base64 = (content: Uint8Array) => Buffer.from(content).toString("base64");

/** The value of an expression of JavaScript. */
function evaluate(code: string): unknown {
  return new Function("Tensor", "ArtifactFile", "arrow", `return (${code})`)(Tensor, ArtifactFile, arrow);
}

function encoded(value: unknown) {
  const { codec, type, bytes } = encode(value, "this.value");
  return { codec, type, content: base64(bytes) };
}

function recordsOf({ folder, table }: Location): MetadataStore {
  return folder === undefined
    ? new DynamoMetadataStore({ table: table ?? "", client: new AwsClient() })
    : new SqliteMetadataStore(folder);
}

function blobsOf({ folder, bucket }: Location) {
  return folder === undefined ? new S3BlobStore(new AwsClient(), bucket ?? "", "") : new FolderBlobStore(folder);
}

const operations: Record<string, (request: never) => unknown> = {
  encode: ({ code }: { code: string }) => encoded(evaluate(code)),
  again: ({ codec, content }: { codec: string; content: string }) => encoded(decode(codec, bytes(content))),
  equals({ codec, content, code }: { codec: string; content: string; code: string }) {
    deepStrictEqual(decode(codec, bytes(content)), evaluate(code));
    return true;
  },
  /** A table's columns and rows; 64-bit integers as text. */
  rows({ content }: { content: string }) {
    const table = decode("arrow", bytes(content)) as arrow.Table;
    const names = table.schema.fields.map(({ name }) => name);
    const plain = (value: unknown) => (typeof value === "bigint" ? String(value) : value);
    return {
      columns: table.schema.fields.map(({ name, type }) => `${name}: ${type}`),
      rows: table.toArray().map((row) => names.map((name) => plain(row[name]))),
    };
  },
  put: ({ content, ...location }: Location & { content: string }) => blobsOf(location).put(bytes(content)),
  get: async ({ blob, ...location }: Location & { blob: Blob }) => base64(await blobsOf(location).get(blob)),
  owner: () => thisProcess(),
  async table({ table }: { table: string }) {
    const { partitionKey, sortKey, index } = tableSchema;
    const keys = (schema: { partitionKey: string; sortKey: string }) => [
      { AttributeName: schema.partitionKey, KeyType: "HASH" },
      { AttributeName: schema.sortKey, KeyType: "RANGE" },
    ];
    const names = [partitionKey, sortKey, index.partitionKey, index.sortKey];
    await dynamo(new AwsClient(), "CreateTable", {
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: "S" })),
      KeySchema: keys(tableSchema),
      GlobalSecondaryIndexes: [
        { IndexName: index.name, KeySchema: keys(index), Projection: { ProjectionType: "ALL" } },
      ],
    });
  },
  /** Calls a method of a records' store, or of a part of it: `deployments.put`. */
  async records({ call, args, ...location }: Location & { call: string; args: never[] }) {
    const store = recordsOf(location);
    const [method = "", part] = call.split(".").reverse();
    const target = part === undefined ? store : Reflect.get(store, part);
    const answer = await Reflect.get(target, method).apply(target, args);
    await store.close();
    return answer;
  },
};

await loadCodec("arrow");
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...request } = JSON.parse(line);
  let answer: object;
  try {
    answer = { answer: await operations[operation]?.(request as never) };
  } catch (error) {
    answer = { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
