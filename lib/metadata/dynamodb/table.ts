import type { AwsClient } from "../../aws/client.ts";
import { dynamo } from "../../aws/dynamodb.ts";
import { AwsError } from "../../aws/errors.ts";
import { RecordTooLargeError } from "../errors.ts";
import type { Key } from "../keys.ts";
import { type Item, keyOf, type Value } from "./items.ts";

export interface Update {
  /** In all expressions, `#name` is the attribute `name`, unless `names` says otherwise. */
  readonly update: string;
  readonly condition?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, Value>>;
  /** Whether the item as it is afterwards is wanted. */
  readonly returnItem?: boolean;
}

export interface Query {
  readonly index?: string;
  readonly condition: string;
  readonly values: Readonly<Record<string, Value>>;
  readonly consistent?: boolean;
  readonly descending?: boolean;
  /** The most items in a page. */
  readonly pageSize?: number;
}

/** What came of a conditional write: `item` is the new one, or where the condition did not hold, the one that is there. */
export interface Outcome {
  readonly written: boolean;
  readonly item: Item | undefined;
}

/** The operations of DynamoDB that the records need, on one table. */
export class Table {
  readonly #name: string;
  readonly #client: AwsClient;

  constructor(name: string, client: AwsClient) {
    this.#name = name;
    this.#client = client;
  }

  /** Consistent. */
  async get(key: Key): Promise<Item | undefined> {
    const input = { TableName: this.#name, Key: keyOf(key), ConsistentRead: true };
    return (await dynamo(this.#client, "GetItem", input)).Item as Item | undefined;
  }

  /** @param record - What it is called where it is too large. */
  put(key: Key, item: Item, record: string, condition?: string): Promise<Outcome> {
    return this.#write(
      "PutItem",
      record,
      { Item: { ...keyOf(key), ...item } },
      condition === undefined ? {} : { condition },
    );
  }

  update(key: Key, record: string, update: Update): Promise<Outcome> {
    const input = { Key: keyOf(key), ReturnValues: update.returnItem ? "ALL_NEW" : "NONE" };
    return this.#write("UpdateItem", record, input, update);
  }

  async delete(key: Key): Promise<void> {
    await dynamo(this.#client, "DeleteItem", { TableName: this.#name, Key: keyOf(key) });
  }

  /** Page by page, as far as the caller goes. */
  async *query({ index, condition, values, consistent, descending, pageSize }: Query): AsyncGenerator<readonly Item[]> {
    let start: unknown;
    do {
      const output = await dynamo(this.#client, "Query", {
        TableName: this.#name,
        ...(index !== undefined && { IndexName: index }),
        KeyConditionExpression: condition,
        ExpressionAttributeValues: values,
        ConsistentRead: consistent ?? false,
        ScanIndexForward: !descending,
        ...(pageSize !== undefined && { Limit: pageSize }),
        ...(start !== undefined && { ExclusiveStartKey: start }),
      });
      yield output.Items as readonly Item[];
      start = output.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async queryAll(query: Query): Promise<readonly Item[]> {
    const items: Item[] = [];
    for await (const page of this.query(query)) items.push(...page);
    return items;
  }

  async #write(
    operation: string,
    record: string,
    input: object,
    { update, condition, names, values }: Partial<Update>,
  ): Promise<Outcome> {
    const mentioned = [...`${update ?? ""} ${condition ?? ""}`.matchAll(/#(\w+)/g)].map(([mark, name]) => [mark, name]);
    try {
      const output = await dynamo(this.#client, operation, {
        TableName: this.#name,
        ...input,
        ...(update !== undefined && { UpdateExpression: update }),
        ...(condition !== undefined && {
          ConditionExpression: condition,
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
        ...(mentioned.length > 0 && { ExpressionAttributeNames: { ...Object.fromEntries(mentioned), ...names } }),
        ...(values !== undefined && { ExpressionAttributeValues: values }),
      });
      return { written: true, item: output.Attributes as Item | undefined };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.awsCode === "ConditionalCheckFailedException") {
        return { written: false, item: error.body?.Item as Item | undefined };
      }
      if (error.awsCode === "ValidationException" && /item size/i.test(error.message)) {
        throw new RecordTooLargeError(record, error);
      }
      throw error;
    }
  }
}
