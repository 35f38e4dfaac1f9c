import { iterationIndex } from "../../flow/path.ts";
import { AttemptUnknownError } from "../errors.ts";
import { shardCount, shardOf, stepKey, taskPartition, taskSort } from "../keys.ts";
import { sortTasks } from "../order.ts";
import { taskName } from "../parse.ts";
import type { Failure, LogPointer, TaskCommit, TaskRecord } from "../records.ts";
import type { TaskAddress } from "../store.ts";
import { superseded } from "../superseded.ts";
import {
  attemptAttribute,
  clip,
  commitOf,
  type Item,
  json,
  number,
  numberAt,
  stringAt,
  taskFromItem,
  text,
  tokensOf,
} from "./items.ts";
import type { Query, Table } from "./table.ts";

type StepAddress = Pick<TaskAddress, "flow" | "run" | "step">;
type Task = Pick<TaskAddress, "path" | "visit" | "count">;

/** The tasks of one step of a run. `partition` is `flow@branch`. */
export class Tasks {
  readonly #table: Table;
  readonly #partition: string;
  readonly #address: StepAddress;

  constructor(table: Table, partition: string, address: StepAddress) {
    this.#table = table;
    this.#partition = partition;
    this.#address = address;
  }

  /** One write; the first task of a step that spreads over shards notes over how many in a second one. */
  async start(
    task: Task,
    token: string,
    startedAt: string,
    log?: LogPointer,
  ): Promise<{ attempt: number; committed?: TaskCommit }> {
    const shards = shardCount(task.count);
    const [{ written, item }] = await Promise.all([
      this.#table.update(this.#key(task), this.#name(task), {
        update: "SET #tokens = list_append(if_not_exists(#tokens, :none), :tokens), #attempt = :attempt",
        condition: "attribute_not_exists(#commit) AND NOT contains(#tokens, :token)",
        names: { "#attempt": attemptAttribute(token) },
        values: {
          ":none": { L: [] },
          ":token": text(token),
          ":tokens": { L: [text(token)] },
          ":attempt": { M: { startedAt: text(startedAt), status: text("running"), ...(log && { log: json(log) }) } },
        },
        returnItem: true,
      }),
      shards > 1 && iterationIndex(task.path) === 0 && this.#noteShards(shards),
    ]);
    const tokens = tokensOf(item);
    if (written) return { attempt: tokens.length - 1 };
    const attempt = tokens.includes(token) ? tokens.indexOf(token) : tokens.length;
    const committed = commitOf(this.#name(task), item);
    return { attempt, ...(committed && { committed }) };
  }

  async fail(task: Task, token: string, endedAt: string, failure: Failure): Promise<void> {
    const attempt = attemptAttribute(token);
    const { written, item } = await this.#table.update(this.#key(task), this.#name(task), {
      update: "SET #attempt.#status = :failed, #attempt.#endedAt = :endedAt, #attempt.#failure = :failure",
      condition: "#attempt.#status = :running",
      names: { "#attempt": attempt },
      values: {
        ":failed": text("failed"),
        ":running": text("running"),
        ":endedAt": text(endedAt),
        ":failure": json(clip(failure)),
      },
    });
    if (!written && item?.[attempt] === undefined) throw new AttemptUnknownError({ ...this.#address, ...task }, token);
  }

  async commit(task: Task, token: string, endedAt: string, commit: TaskCommit): Promise<TaskCommit> {
    const attempt = attemptAttribute(token);
    const { foreach, transition } = commit;
    const { written, item } = await this.#table.update(this.#key(task), this.#name(task), {
      update: [
        "SET #commit = :commit, #transition = :transition, #attempt.#status = :succeeded, #attempt.#endedAt = :endedAt",
        foreach ? ", #count = :count" : "",
        " REMOVE #attempt.#failure",
      ].join(""),
      condition: "attribute_not_exists(#commit) AND attribute_exists(#attempt)",
      names: { "#attempt": attempt },
      values: {
        ":commit": json(commit),
        ":transition": number(transition),
        ...(foreach && { ":count": number(foreach.count) }),
        ":succeeded": text("succeeded"),
        ":endedAt": text(endedAt),
      },
    });
    if (written) return commit;
    const own = item?.[attempt];
    const winner = commitOf(this.#name(task), item);
    if (own === undefined || winner === undefined) throw new AttemptUnknownError({ ...this.#address, ...task }, token);
    if ("M" in own && stringAt(own.M, "status") === "running")
      await this.fail(task, token, endedAt, superseded(winner));
    return winner;
  }

  async get({ path, visit, count }: Task): Promise<TaskRecord | undefined> {
    const sk = taskSort(path, visit);
    const shards = await this.#shardsOfPath(path, count);
    const items = await Promise.all(shards.map((shard) => this.#table.get({ pk: this.#shard(shard), sk })));
    const item = items.find((found) => found !== undefined);
    return item && this.#read(item);
  }

  async list(options: {
    readonly prefix?: string;
    readonly path?: string;
    readonly count?: number;
  }): Promise<TaskRecord[]> {
    const { path, prefix = "", count } = options;
    const shards = path === undefined ? range(await this.#shardCount(count)) : await this.#shardsOfPath(path, count);
    const start = path === undefined ? prefix : `${path}#`;
    const found = await Promise.all(shards.map((shard) => this.#table.queryAll(this.#query(shard, start))));
    return sortTasks(found.flat().map((item) => this.#read(item)));
  }

  /** When the first attempt of the step's first task began; `undefined` where none did. */
  async begin(): Promise<string | undefined> {
    for await (const [item] of this.#table.query({ ...this.#query(0, ""), pageSize: 1 })) {
      return item && this.#read(item).attempts[0]?.startedAt;
    }
    return undefined;
  }

  #query(shard: number, start: string): Query {
    return {
      condition: start === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :start)",
      values: { ":pk": text(this.#shard(shard)), ...(start !== "" && { ":start": text(start) }) },
      consistent: true,
    };
  }

  /**
   * Where a task can be. Who doesn't know the iterations of its foreach knows at most the largest number of shards of the step: the foreachs
   * of an outer one differ in length.
   */
  async #shardsOfPath(path: string, count: number | undefined): Promise<readonly number[]> {
    const index = iterationIndex(path);
    if (index === undefined) return [0];
    if (count !== undefined) return [shardOf(path, count)];
    const most = await this.#shardCount(undefined);
    return [...new Set(range(most).map((shards) => index % (shards + 1)))];
  }

  async #shardCount(count: number | undefined): Promise<number> {
    if (count !== undefined) return shardCount(count);
    const { run, step } = this.#address;
    return numberAt(await this.#table.get(stepKey(this.#partition, run, step)), "shards") ?? 1;
  }

  async #noteShards(shards: number): Promise<void> {
    const { flow, run, step } = this.#address;
    await this.#table.update(stepKey(this.#partition, run, step), `step ${flow}/${run}/${step}`, {
      update: "SET #shards = :shards",
      condition: "attribute_not_exists(#shards) OR #shards < :shards",
      values: { ":shards": number(shards) },
    });
  }

  #key({ path, visit, count }: Task) {
    return { pk: this.#shard(shardOf(path, count)), sk: taskSort(path, visit) };
  }

  #shard(shard: number): string {
    return taskPartition(this.#partition, this.#address.run, this.#address.step, shard);
  }

  #read(item: Item): TaskRecord {
    const { flow, run, step } = this.#address;
    return taskFromItem(`${flow}/${run}`, step, item);
  }

  #name({ path }: Task): string {
    const { flow, run, step } = this.#address;
    return taskName(`${flow}/${run}`, step, path);
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
