import { RecordCorruptError } from "./errors.ts";

/** What a task is called in errors. */
export function taskName(run: string, step: string, path: string): string {
  return `task ${run}/${step}${path === "" ? "" : ` at ${path}`}`;
}

/** @throws RecordCorruptError */
export function parseRecord<T>(record: string, part: string, text: unknown): T {
  try {
    return JSON.parse(String(text)) as T;
  } catch (error) {
    throw new RecordCorruptError(record, part, text, error);
  }
}
