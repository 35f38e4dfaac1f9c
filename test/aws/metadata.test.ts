import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { AwsClient } from "../../lib/aws/client.ts";
import { dynamo } from "../../lib/aws/dynamodb.ts";
import { DynamoMetadataStore } from "../../lib/metadata/dynamodb/store.ts";
import { flowKey, flowPartition, latestKey, runSort, tagPartition } from "../../lib/metadata/keys.ts";
import { address, commitOf, runRecord, specifyMetadataStore, time } from "../metadata/store-specification.ts";
import { Faults, Requests } from "./support/emulator.ts";
import { createTable } from "./support/records-table.ts";

const aws = inject("aws");
const client = new AwsClient(aws.env);
const faults = new Faults(aws.endpoint);
const requests = new Requests(aws.endpoint);
let tables = 0;

describe("records in DynamoDB", () => {
  describe("as everywhere", () => {
    specifyMetadataStore(async () => {
      const table = await createTable(client, `records-${tables++}`);
      return {
        open: () => new DynamoMetadataStore({ table, client }),
        remove: async () => {
          await dynamo(client, "DeleteTable", { TableName: table });
        },
      };
    });
  });

  describe("in particular", () => {
    let table: string;
    let store: DynamoMetadataStore;

    beforeEach(async () => {
      table = await createTable(client, `records-${tables++}`);
      store = new DynamoMetadataStore({ table, client });
    });

    afterEach(async () => {
      await faults.clear();
      await dynamo(client, "DeleteTable", { TableName: table });
    });

    /** The operations on the table while `work` is done. */
    async function operations(work: () => Promise<unknown>): Promise<string[]> {
      await requests.clear();
      await work();
      return (await requests.list()).filter(({ resource }) => resource === table).map(({ operation }) => operation);
    }

    it("cost a task two writes, and the first of a foreach over 1,000 one more", async () => {
      const run = (path: string, count?: number) => async () => {
        const task = address("fit", path, count === undefined ? {} : { count });
        await store.startAttempt(task, "a", time(1));
        await store.commit(task, "a", time(2), commitOf(0));
      };
      expect(await operations(run(""))).toEqual(["UpdateItem", "UpdateItem"]);
      expect(await operations(run("0", 1_000))).toEqual(["UpdateItem", "UpdateItem"]);
      expect(await operations(run("0", 1_001))).toEqual(["UpdateItem", "UpdateItem", "UpdateItem"]);
      expect(await operations(run("1", 1_001))).toEqual(["UpdateItem", "UpdateItem"]);
    });

    it("cost a join one query for each shard, and a task before it one consistent read", async () => {
      expect(await operations(() => store.tasks("Train", "r1", "fit", { count: 2_500 }))).toEqual(
        Array(3).fill("Query"),
      );
      expect(await operations(() => store.tasks("Train", "r1", "fit", { path: "7", count: 2_500 }))).toEqual(["Query"]);
      expect(await operations(() => store.task(address("fit", "7", { count: 2_500 })))).toEqual(["GetItem"]);
    });

    it.each(["throttle", "reset"] as const)("are written although a request meets %s", async (effect) => {
      const task = address("fit");
      const fault = { on: "request", do: effect, where: { service: "dynamodb", operation: "UpdateItem" } } as const;
      await faults.add(fault);
      expect(await store.startAttempt(task, "a", time(1))).toEqual({ attempt: 0 });
      await faults.add(fault);
      expect(await store.commit(task, "a", time(2), commitOf(0))).toEqual(commitOf(0));
      expect((await faults.list()).map(({ struck }) => struck)).toEqual([1, 1]);
    });

    it("that do not fit an item are an error that names them", async () => {
      const fix =
        "Put many artifacts into one (an object or a list), long parameters into a file, fewer tags on the run.";
      await store.startAttempt(address("fit", "3"), "a", time(1));
      const x = { hash: "0", size: 500_000, codec: "json", type: "string", inline: "x".repeat(500_000) };
      await expect(
        store.commit(address("fit", "3"), "a", time(2), commitOf(0, { artifacts: { x } })),
      ).rejects.toMatchObject({
        code: "RECORD_TOO_LARGE",
        message: "What is to be recorded of task Train/r1/fit at 3 is more than the 400 KB of a DynamoDB item.",
        fix,
      });
      await expect(store.beginRun(runRecord({ parameters: { x: x.inline } }))).rejects.toMatchObject({
        code: "RECORD_TOO_LARGE",
        message: "What is to be recorded of run Train/r1 is more than the 400 KB of a DynamoDB item.",
        fix,
      });
    });

    it("of a failure are cut to what fits", async () => {
      await store.startAttempt(address("fit"), "a", time(1));
      await store.failAttempt(address("fit"), "a", time(2), { name: "Error", message: "x".repeat(500_000) });
      const task = await store.task(address("fit"));
      expect(task?.attempts[0]?.failure).toEqual({ name: "Error", message: "x".repeat(8_000) });
    });

    it("that are damaged are named", async () => {
      await store.startAttempt(address("fit"), "a", time(1));
      await store.commit(address("fit"), "a", time(2), commitOf(0));
      await dynamo(client, "UpdateItem", {
        TableName: table,
        Key: { pk: { S: "Train@main#R#r1#fit#0" }, sk: { S: "#0" } },
        UpdateExpression: "SET #commit = :gone",
        ExpressionAttributeNames: { "#commit": "commit" },
        ExpressionAttributeValues: { ":gone": { S: "gone" } },
      });
      await expect(store.task(address("fit"))).rejects.toMatchObject({
        code: "RECORD_CORRUPT",
        message: 'The commit of task Train/r1/fit cannot be read: "gone".',
      });
    });

    it("have the choice and the count of a task where a state of the machine finds them", async () => {
      await store.startAttempt(address("fit"), "a", time(1));
      await store.commit(
        address("fit"),
        "a",
        time(2),
        commitOf(0, { transition: 1, foreach: { count: 40, frames: [] } }),
      );
      const { Item } = await dynamo(client, "GetItem", {
        TableName: table,
        Key: { pk: { S: "Train@main#R#r1#fit#0" }, sk: { S: "#0" } },
        ConsistentRead: true,
        ProjectionExpression: "#t, #c",
        ExpressionAttributeNames: { "#t": "transition", "#c": "count" },
      });
      expect(Item).toEqual({ transition: { N: "1" }, count: { N: "40" } });
    });

    it("are kept apart by branch", async () => {
      const other = new DynamoMetadataStore({ table, branch: "feature/x", client });
      await store.beginRun(runRecord({ tags: ["a"] }));
      await other.beginRun(runRecord({ flow: "Other", owner: { kind: "execution", arn: "arn", startedAt: time(0) } }));
      await other.beginRun(runRecord({ parameters: { alpha: 1 } }));
      expect([await store.flows(), await other.flows()]).toEqual([["Train"], ["Other", "Train"]]);
      expect((await other.latestRun("Train", "any"))?.parameters).toEqual({ alpha: 1 });
      expect(await other.runs("Train", { tag: "a" })).toEqual([]);
      expect((await store.runs("Train")).map(({ parameters }) => parameters)).toEqual([{}]);
    });

    it("of a run whose beginning was cut short are completed when it begins again", async () => {
      const run = runRecord({ tags: ["a"] });
      await store.beginRun(run);
      const flow = flowPartition("Train", "main");
      const written = [
        flowKey(flow),
        latestKey(flow, "any"),
        { pk: tagPartition(flow, "a"), sk: runSort(run.startedAt, "r1") },
      ];
      for (const { pk, sk } of written) {
        await dynamo(client, "DeleteItem", { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } });
      }
      expect(await store.latestRun("Train", "any")).toBeUndefined();
      await store.beginRun(run);
      expect(await store.flows()).toEqual(["Train"]);
      expect(await store.latestRun("Train", "any")).toEqual(run);
      expect(await store.runs("Train", { tag: "a" })).toEqual([run]);
    });
  });
});
