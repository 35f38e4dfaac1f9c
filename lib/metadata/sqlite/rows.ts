import { parseRecord, taskName } from "../parse.ts";
import type { AttemptRecord, RunRecord, TaskCommit, TaskRecord } from "../records.ts";

export type Row = Readonly<Record<string, unknown>>;

/** `tags` is a JSON array, sorted. */
export function runFromRow(row: Row): RunRecord {
  const record = `run ${row.flow}/${row.run}`;
  return {
    flow: String(row.flow),
    run: String(row.run),
    status: row.status as RunRecord["status"],
    startedAt: String(row.started_at),
    ...(row.ended_at !== null && { endedAt: String(row.ended_at) }),
    parameters: parseRecord(record, "parameters", row.parameters),
    tags: parseRecord(record, "tags", row.tags),
    ...(row.steps !== null && { steps: parseRecord<readonly string[]>(record, "steps", row.steps) }),
    owner: parseRecord(record, "owner", row.owner),
    ...(row.failure !== null && {
      failure: parseRecord<RunRecord["failure"] & object>(record, "failure", row.failure),
    }),
  };
}

/** An attempt as it is stored: its token tells whether another write is about the same one. */
export type StoredAttempt = AttemptRecord & { readonly token: string };

export function taskFromRow(run: string, row: Row): TaskRecord {
  const record = taskName(run, String(row.step), String(row.path));
  return {
    step: String(row.step),
    path: String(row.path),
    visit: Number(row.visit),
    attempts: parseRecord<StoredAttempt[]>(record, "attempts", row.attempts).map(({ token, ...attempt }) => attempt),
    ...(row.committed !== null && { committed: parseRecord<TaskCommit>(record, "commit", row.committed) }),
  };
}
