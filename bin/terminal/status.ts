import type { WriteStream } from "node:tty";

/** Milliseconds between two looks of the line: thousands of tasks a second need not be thousands of writes. */
const interval = 50;

/** One line at the bottom of a terminal that tells what goes on now; nothing at all in a pipe. */
export class StatusLine {
  readonly #stream: WriteStream;
  #text = () => "";
  #drawn = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @param text Asked when the line is drawn: most of what it could tell is never seen. */
  set(text: () => string): void {
    this.#text = text;
    if (this.#stream.isTTY) this.#timer ??= setTimeout(() => this.#draw(), interval).unref();
  }

  /** Lets `write` print whole lines above the line. */
  above(write: () => void): void {
    const shown = this.#drawn !== "";
    this.#erase();
    write();
    if (shown) this.#draw();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#text = () => "";
    this.#erase();
  }

  #draw(): void {
    this.#timer = undefined;
    const text = this.#text().slice(0, Math.max(0, this.#stream.columns - 1));
    if (text === this.#drawn) return;
    this.#erase();
    this.#stream.write(text);
    this.#drawn = text;
  }

  #erase(): void {
    if (this.#drawn === "") return;
    // Loaded here: in a pipe there is no line.
    const { clearLine, cursorTo } = process.getBuiltinModule("node:readline");
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
    this.#drawn = "";
  }
}
