import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { loadFlow } from "../../lib/flow/load/load.ts";
import type { LogPointer, RunRecord } from "../../lib/metadata/records.ts";
import { SqliteMetadataStore } from "../../lib/metadata/sqlite/store.ts";
import type { RunEvent } from "../../lib/run/events.ts";
import { type RunOptions, runFlow } from "../../lib/run/run-flow.ts";
import { observe } from "../conformance/observe.ts";

/** The path of a flow in `fixtures/`: `faults.ts#Hang`. */
export function fixture(target: string): string {
  return join(import.meta.dirname, "fixtures", target);
}

/** A store in a folder of its own, and runs of fixtures in it. */
export class TestStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<TestStore> {
    return new TestStore(await mkdtemp(join(tmpdir(), "millrace-run-")));
  }

  async run(target: string, parameters: Record<string, unknown> = {}, options: Partial<RunOptions> = {}) {
    const loaded = await loadFlow(fixture(target), { cacheDir: join(this.folder, "cache") });
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent) => {
      events.push(event);
      options.onEvent?.(event);
    };
    const run = await runFlow(loaded, { store: this.folder, parameters, ...options, onEvent });
    const seen = await this.read((records) =>
      observe(records, new FolderBlobStore(this.folder), loaded.definition, run),
    );
    return { run, events, ...seen };
  }

  async read<T>(work: (records: SqliteMetadataStore) => Promise<T>): Promise<T> {
    const records = new SqliteMetadataStore(this.folder);
    try {
      return await work(records);
    } finally {
      await records.close();
    }
  }

  /** The lines of an attempt as the log file has them, without their times. */
  async log({ flow, run }: RunRecord, step: string, attempt = 0): Promise<readonly string[]> {
    const [task] = await this.read((records) => records.tasks(flow, run, step));
    return await this.lines(task?.attempts[attempt]?.log);
  }

  async lines(log: LogPointer | undefined): Promise<readonly string[]> {
    if (log?.kind !== "file") return [];
    const lines = (await readFile(join(this.folder, log.file), "utf8")).trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line)).map(({ stream, text }) => `${stream}: ${text}`);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
