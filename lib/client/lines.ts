import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AttemptRecord } from "../metadata/records.ts";
import type { Store } from "./open.ts";

/** A line that a task wrote to its console. */
export interface Line {
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** The lines of one attempt. One that wrote none has no file. */
export async function* linesOf(store: Store, { attempt, startedAt, log }: AttemptRecord): AsyncGenerator<Line> {
  if (log === undefined) return;
  if (log.kind === "cloudwatch") {
    const { cloudWatchLines } = await import("./aws/log-events.ts");
    yield* cloudWatchLines(log, attempt, startedAt);
    return;
  }
  const file = createReadStream(join(store.folder ?? "", log.file));
  try {
    for await (const text of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parse(text);
      if (line !== undefined) yield { attempt, ...line };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    file.destroy();
  }
}

/** The last line of a runner that was killed may be half there. */
function parse(text: string): Omit<Line, "attempt"> | undefined {
  try {
    return JSON.parse(text) as Omit<Line, "attempt">;
  } catch {
    return undefined;
  }
}
