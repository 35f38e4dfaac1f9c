import { resolve } from "node:path";
import type { BlobStore } from "../data/store.ts";
import { MillraceError } from "../errors.ts";
import type { RunRecord } from "../metadata/records.ts";
import type { MetadataStore } from "../metadata/store.ts";

/** A folder on this machine, or the table and bucket of an environment on AWS. */
export type StoreLocation = FolderLocation | AwsLocation;

export interface FolderLocation {
  /** Relative to the current folder. Default: the variable `MILLRACE_STORE`, or `.millrace`. */
  readonly folder?: string;
  /** Whether a store is made where there is none. Default false. */
  readonly create?: boolean;
}

/** Region and credentials are those that the AWS SDK finds. */
export interface AwsLocation {
  readonly table: string;
  readonly bucket: string;
  /** The namespace of the flows: each branch has its own. Default `main`. */
  readonly branch?: string;
}

/** Where runs are: their records, their artifacts, their console lines. */
export interface Store {
  readonly records: MetadataStore;
  readonly blobs: BlobStore;
  /** Of a store on this machine: what the names of log files are relative to. */
  readonly folder?: string;
  /** The run as it is: what its record says, or where that is behind, what whoever runs it says. */
  current(run: RunRecord): Promise<RunRecord>;
  close(): Promise<void>;
}

/**
 * Opens a store to read it.
 *
 * @throws MetadataStoreError where there is none in the folder, or it cannot be read.
 */
export async function openStore(location: StoreLocation = {}): Promise<Store> {
  return "table" in location ? await openOnAws(location) : await openFolder(location);
}

/** The folder of a store, where none is named: the variable `MILLRACE_STORE`, or `.millrace`. */
export function storeFolder(folder: string = process.env.MILLRACE_STORE || ".millrace"): string {
  return resolve(folder);
}

async function openFolder(location: FolderLocation): Promise<Store> {
  const folder = storeFolder(location.folder);
  const [{ SqliteMetadataStore }, { FolderBlobStore }] = await Promise.all([
    import("../metadata/sqlite/store.ts"),
    import("../data/blobs/folder.ts"),
  ]);
  const records = new SqliteMetadataStore(folder, { create: location.create ?? false });
  return {
    records,
    blobs: new FolderBlobStore(folder),
    folder,
    current: async (run) => run,
    close: () => records.close(),
  };
}

async function openOnAws({ table, bucket, branch }: AwsLocation): Promise<Store> {
  if (!table || !bucket) {
    throw new MillraceError(
      "STORE_LOCATION",
      `A store on AWS is a table and a bucket; got ${JSON.stringify({ table, bucket })}.`,
      {
        fix: "Name both: they are outputs of the stack of the FlowEnvironment.",
      },
    );
  }
  const [{ awsEnvironment }, { AwsClient }, { DynamoMetadataStore }, { S3BlobStore }, { mendRun }] = await Promise.all([
    import("./aws/environment.ts"),
    import("../aws/client.ts"),
    import("../metadata/dynamodb/store.ts"),
    import("../data/blobs/s3.ts"),
    import("./aws/mend-run.ts"),
  ]);
  const client = new AwsClient(await awsEnvironment());
  const records = new DynamoMetadataStore({ table, client, ...(branch !== undefined && { branch }) });
  return {
    records,
    blobs: new S3BlobStore(client, bucket, ""),
    current: (run) => mendRun(records, run),
    close: () => records.close(),
  };
}
