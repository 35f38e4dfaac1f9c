import { RunExistsError, RunUnknownError } from "../errors.ts";
import { flowKey, type Key, latestKey, runKey, runOfSort, runSort, tableSchema, tagPartition } from "../keys.ts";
import { sameOwner, withLiveness } from "../owner.ts";
import type { RunRecord } from "../records.ts";
import type { RunEnd } from "../store.ts";
import { clip, type Item, itemFromRun, json, runFromItem, stringAt, text } from "./items.ts";
import type { Table } from "./table.ts";

/** The runs of one flow. `partition` is `flow@branch`. */
export class Runs {
  readonly #table: Table;
  readonly #flow: string;
  readonly #partition: string;

  constructor(table: Table, flow: string, partition: string) {
    this.#table = table;
    this.#flow = flow;
    this.#partition = partition;
  }

  /**
   * The run itself decides, in one conditional write; what finds it (list, pointer, tags) follows, and is written again when the owner begins
   * again, so that a kill in between is mended by the retry.
   */
  async begin(run: RunRecord): Promise<void> {
    const index = { gpk: text(this.#partition), gsk: text(runSort(run.startedAt, run.run)) };
    const item = { ...index, ...itemFromRun(run) };
    const { written, item: found } = await this.#table.put(
      runKey(this.#partition, run.run),
      item,
      this.#name(run.run),
      "attribute_not_exists(#pk)",
    );
    const stored = written || found === undefined ? run : runFromItem(found);
    if (!sameOwner(stored.owner, run.owner)) throw new RunExistsError(run.flow, run.run, stored.owner);
    await Promise.all([
      this.#table.put(flowKey(this.#partition), {}, `flow ${this.#flow}`),
      this.#point("any", stored),
      this.#listUnder(stored.tags, stored),
    ]);
  }

  async end(run: string, { status, endedAt, failure, redrive = 0 }: RunEnd): Promise<void> {
    const { written, item } = await this.#table.update(runKey(this.#partition, run), this.#name(run), {
      update: `SET #status = :status, #endedAt = :endedAt, #order = :order${failure ? ", #failure = :failure" : " REMOVE #failure"}`,
      condition: "attribute_exists(#pk) AND (attribute_not_exists(#order) OR #order < :order)",
      values: {
        ":status": text(status),
        ":endedAt": text(endedAt),
        ":order": text(`${String(redrive).padStart(6, "0")}#${endedAt}`),
        ...(failure && { ":failure": json(clip(failure)) }),
      },
      returnItem: true,
    });
    if (item === undefined) throw new RunUnknownError(this.#flow, run);
    // Also where the end was on record before: the one who wrote it may not have come as far as the pointer.
    if (status === "succeeded" && (written || stringAt(item, "status") === status)) {
      await this.#point("succeeded", runFromItem(item));
    }
  }

  async addTags(run: string, tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return;
    const stored = await this.#changeTags(run, "ADD", tags);
    await this.#listUnder(tags, stored);
  }

  async removeTags(run: string, tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return;
    const { startedAt } = await this.#changeTags(run, "DELETE", tags);
    await Promise.all(tags.map((tag) => this.#table.delete(this.#tagKey(tag, startedAt, run))));
  }

  async get(run: string): Promise<RunRecord | undefined> {
    const item = await this.#table.get(runKey(this.#partition, run));
    return item && withLiveness(runFromItem(item));
  }

  async latest(which: "any" | "succeeded"): Promise<RunRecord | undefined> {
    const pointer = await this.#table.get(latestKey(this.#partition, which));
    if (pointer === undefined) return undefined;
    const run = await this.get(runOfSort(stringAt(pointer, "latest") ?? ""));
    if (which === "any" || run?.status === "succeeded") return run;
    for await (const page of this.#byStart()) {
      const succeeded = page.find((item) => stringAt(item, "status") === "succeeded");
      if (succeeded !== undefined) return runFromItem(succeeded);
    }
    return undefined;
  }

  /** Newest first. */
  async list(options: {
    readonly limit?: number;
    readonly tag?: string;
    readonly before?: string;
  }): Promise<RunRecord[]> {
    const { limit = Number.POSITIVE_INFINITY, tag, before } = options;
    const runs: RunRecord[] = [];
    const pages = tag === undefined ? this.#byStart(before, limit) : this.#byTag(tag, before, limit);
    for await (const page of pages) {
      runs.push(...page.map((item) => withLiveness(runFromItem(item))));
      if (runs.length >= limit) break;
    }
    return runs.slice(0, limit);
  }

  #byStart(before?: string, limit?: number): AsyncGenerator<readonly Item[]> {
    return this.#table.query({
      index: tableSchema.index.name,
      condition: before === undefined ? "gpk = :pk" : "gpk = :pk AND gsk < :before",
      values: { ":pk": text(this.#partition), ...(before !== undefined && { ":before": text(before) }) },
      descending: true,
      ...page(limit),
    });
  }

  /** The tag's partition only lists the runs; one that has lost the tag since is left out. */
  async *#byTag(tag: string, before: string | undefined, limit: number): AsyncGenerator<readonly Item[]> {
    const pages = this.#table.query({
      condition: before === undefined ? "pk = :pk" : "pk = :pk AND sk < :before",
      values: {
        ":pk": text(tagPartition(this.#partition, tag)),
        ...(before !== undefined && { ":before": text(before) }),
      },
      descending: true,
      ...page(limit),
    });
    for await (const listed of pages) {
      const ids = listed.map((item) => runOfSort(stringAt(item, "sk") ?? ""));
      const items = await Promise.all(ids.map((run) => this.#table.get(runKey(this.#partition, run))));
      yield items.filter((item) => item !== undefined).filter((item) => runFromItem(item).tags.includes(tag));
    }
  }

  /** Moves a pointer to the run, unless it points to a newer one. */
  async #point(which: "any" | "succeeded", { run, startedAt }: RunRecord): Promise<void> {
    await this.#table.update(latestKey(this.#partition, which), `flow ${this.#flow}`, {
      update: "SET #latest = :latest",
      condition: "attribute_not_exists(#latest) OR #latest < :latest",
      values: { ":latest": text(runSort(startedAt, run)) },
    });
  }

  async #listUnder(tags: readonly string[], { run, startedAt }: RunRecord): Promise<void> {
    await Promise.all(tags.map((tag) => this.#table.put(this.#tagKey(tag, startedAt, run), {}, `tag ${tag}`)));
  }

  async #changeTags(run: string, change: "ADD" | "DELETE", tags: readonly string[]): Promise<RunRecord> {
    const { item } = await this.#table.update(runKey(this.#partition, run), this.#name(run), {
      update: `${change} #tags :tags`,
      condition: "attribute_exists(#pk)",
      values: { ":tags": { SS: [...new Set(tags)] } },
      returnItem: true,
    });
    if (item === undefined) throw new RunUnknownError(this.#flow, run);
    return runFromItem(item);
  }

  #tagKey(tag: string, startedAt: string, run: string): Key {
    return { pk: tagPartition(this.#partition, tag), sk: runSort(startedAt, run) };
  }

  #name(run: string): string {
    return `run ${this.#flow}/${run}`;
  }
}

function page(limit: number | undefined): { pageSize?: number } {
  return limit !== undefined && Number.isFinite(limit) ? { pageSize: Math.min(limit, 100) } : {};
}
