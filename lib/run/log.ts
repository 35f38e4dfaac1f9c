import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { taskId } from "../flow/path.ts";
import type { TaskKey } from "../metadata/records.ts";
import type { Stream } from "./protocol.ts";

/** A line that a task wrote to its console; one of a log file's, each a JSON document on a line of its own. */
export interface LogLine {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly stream: Stream;
  readonly text: string;
}

/** The file of an attempt's lines, relative to the store's folder. It is there as soon as there is a line. */
export function logFile(flow: string, run: string, task: TaskKey, attempt: number): string {
  return `logs/${flow}/${run}/${task.step}/${taskId(task.path, task.visit)}.${attempt}.jsonl`;
}

/**
 * The console lines of one attempt. Each goes to the file at once and unbuffered, so that what a task wrote before it was killed is there.
 */
export class AttemptLog {
  readonly #store: string;
  readonly #file: string;
  readonly #onLines: (lines: readonly LogLine[]) => void;
  readonly #rest: Record<Stream, string> = { stdout: "", stderr: "" };
  #descriptor: number | undefined;

  constructor(store: string, file: string, onLines: (lines: readonly LogLine[]) => void) {
    this.#store = store;
    this.#file = file;
    this.#onLines = onLines;
  }

  write(stream: Stream, text: string): void {
    const rest = this.#rest[stream] + text;
    const lines = text.includes("\n") ? rest.split("\n") : [rest];
    const last = lines.pop() ?? "";
    // A progress bar writes over its line for hours: what it has been need not be kept.
    this.#rest[stream] = text.includes("\r") ? writtenOver(last) : last;
    this.#append(stream, lines);
  }

  /** Writes what came without a line's end, and closes the file. */
  close(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#rest[stream] !== "") this.#append(stream, [this.#rest[stream]]);
      this.#rest[stream] = "";
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(stream: Stream, texts: readonly string[]): void {
    if (texts.length === 0) return;
    const time = new Date().toISOString();
    const lines = texts.map((text) => ({ time, stream, text: writtenOver(text).replace(/\r+$/, "") }));
    if (this.#descriptor === undefined) {
      const path = join(this.#store, this.#file);
      mkdirSync(dirname(path), { recursive: true });
      this.#descriptor = openSync(path, "a");
    }
    writeSync(this.#descriptor, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    this.#onLines(lines);
  }
}

/** What is left of a line after its carriage returns, as a terminal shows it; those at its end belong to the line's end. */
function writtenOver(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\r") end--;
  return end === 0 ? "" : text.slice(text.lastIndexOf("\r", end - 1) + 1);
}
