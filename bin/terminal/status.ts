import { clearLine, cursorTo } from "node:readline";

/** One line at the bottom of a terminal that tells what goes on now; nothing at all in a pipe. */
export class StatusLine {
  readonly #stream = process.stderr;
  #text = "";

  get #shown(): boolean {
    return this.#stream.isTTY === true;
  }

  set(text: string): void {
    if (!this.#shown || text === this.#text) return;
    this.#erase();
    this.#text = text;
    this.#stream.write(text.slice(0, Math.max(0, (this.#stream.columns ?? 80) - 1)));
  }

  /** Lets `write` print whole lines above the status. */
  above(write: () => void): void {
    if (!this.#shown) {
      write();
      return;
    }
    const text = this.#text;
    this.clear();
    write();
    this.set(text);
  }

  clear(): void {
    if (!this.#shown) return;
    this.#erase();
    this.#text = "";
  }

  #erase(): void {
    if (this.#text === "") return;
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
  }
}
