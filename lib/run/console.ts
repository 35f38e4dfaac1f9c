import { StringDecoder } from "node:string_decoder";
import type { Stream } from "./protocol.ts";

// What a worker writes to its console travels as UTF-8, with marks: bytes that UTF-8 does not have.
const end = 0xfd;
const marks = { stdout: 0xfe, stderr: 0xff } as const;

/** Where the bytes go. It may keep the writer waiting, but loses nothing that it has taken. */
export interface ConsoleSink {
  byte(byte: number): void;
  text(text: string): void;
}

/** The worker's side. */
export class ConsoleWriter {
  readonly #sink: ConsoleSink;
  #stream: Stream | undefined;

  constructor(sink: ConsoleSink) {
    this.#sink = sink;
  }

  write(stream: Stream, text: string): void {
    if (stream !== this.#stream) this.#sink.byte(marks[stream]);
    this.#stream = stream;
    this.#sink.text(text);
  }

  /** Nothing of the attempt comes after it. */
  endAttempt(): void {
    this.#sink.byte(end);
  }
}

/** The scheduler's side. What comes after the end of an attempt is kept back until {@link nextAttempt}. */
export class ConsoleReader {
  readonly #onText: (stream: Stream, text: string) => void;
  readonly #decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  #stream: Stream = "stdout";
  #kept: Buffer[] = [];
  #hasEnded = false;

  constructor(onText: (stream: Stream, text: string) => void) {
    this.#onText = onText;
  }

  /** Whether all that the attempt wrote has come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @param bytes - Of the caller's: not kept. */
  add(bytes: Buffer): void {
    let from = 0;
    for (let at = 0; at < bytes.length && !this.#hasEnded; at++) {
      const byte = bytes[at] as number;
      if (byte < end) continue;
      this.#tell(bytes.subarray(from, at));
      from = at + 1;
      if (byte === end) this.#hasEnded = true;
      else this.#stream = byte === marks.stdout ? "stdout" : "stderr";
    }
    const rest = bytes.subarray(from);
    if (this.#hasEnded) this.#kept.push(Buffer.from(rest));
    else this.#tell(rest);
  }

  nextAttempt(): void {
    const kept = this.#kept;
    this.#kept = [];
    this.#hasEnded = false;
    for (const bytes of kept) this.add(bytes);
  }

  #tell(bytes: Buffer): void {
    const text = this.#decoders[this.#stream].write(bytes);
    if (text !== "") this.#onText(this.#stream, text);
  }
}

/** Hands over what this thread or process writes to its console, instead of writing it. */
export function captureConsole(writer: ConsoleWriter): void {
  // Node's console has one callback for all lines, and a step that prints without end comes to no microtask.
  const asked = new Map<() => void, number>();
  const callBack = (written: () => void) => {
    const times = asked.get(written) ?? 0;
    asked.set(written, times + 1);
    if (times > 0) return;
    queueMicrotask(() => {
      let left = asked.get(written) ?? 0;
      asked.delete(written);
      while (left-- > 0) written();
    });
  };
  for (const stream of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8");
    process[stream].write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
      writer.write(stream, typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
      const written = typeof encoding === "function" ? encoding : callback;
      if (typeof written === "function") callBack(written as () => void);
      return true;
    };
  }
}
