import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { ArtifactFile } from "../../data/file.ts";
import { killGroup } from "../../environment/kill-group.ts";
import { withPackages } from "../../environment/python.ts";
import { brokenService, PythonCallError, PythonDiedError, refusal, type ToldError } from "./errors.ts";
import { type Message, readFrames, writeFrame } from "./frames.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Answer extends Message {
  readonly id?: number;
  readonly output?: unknown;
  readonly kind?: "request" | "error";
  readonly error?: ToldError;
}

/**
 * One Python process and what is said to it. The protocol has a descriptor of its own; what the service prints goes to standard error, since
 * standard output has the server's log.
 */
export class PythonChannel {
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<PythonDiedError>;
  readonly #stream: Socket;
  readonly #child: ChildProcess;
  /** By number. */
  readonly #calls = new Map<number, Waiting>();
  /** Answered in their order. */
  readonly #questions: Waiting[] = [];
  #last = 0;
  #death: PythonDiedError | undefined;

  /** @param module of the Python package `millrace`. */
  constructor(interpreter: string, module = "millrace.model.process") {
    // The leader of a group, so that what the service has started ends with it.
    const child = spawn(interpreter, ["-m", module], {
      stdio: ["ignore", 2, 2, "pipe"],
      env: withPackages(process.env),
      detached: true,
    });
    this.#child = child;
    this.#stream = child.stdio[3] as Socket;
    // Idle, it keeps no program from ending; its channel then closes, and it ends too.
    child.unref();
    this.#stream.unref();
    // Its end is told by the process's own.
    this.#stream.on("error", () => {});
    readFrames(this.#stream, (message, bytes) => this.#take(message, bytes));
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => resolve(this.#die(code, signal));
      child.once("close", end);
      child.once("error", () => end(127, null));
    });
  }

  /** Waits for what the process says to it. @throws ModelError of what is broken; PythonDiedError */
  ask<T>(message: Message): Promise<T> {
    return this.#wait((waiting) => {
      writeFrame(this.#stream, message);
      this.#questions.push(waiting);
    }) as Promise<T>;
  }

  /** Calls an API. @throws RequestError, PythonCallError, PythonDiedError; the signal's reason */
  async call(api: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const id = ++this.#last;
    const onAbort = () => this.#cancel(id, signal?.reason);
    try {
      return await this.#wait((waiting) => {
        if (input instanceof ArtifactFile) {
          const bytes = input.bytes();
          const content = { name: input.name, type: input.type, size: bytes.length };
          writeFrame(this.#stream, { type: "call", id, api, content } as Message, bytes);
        } else {
          writeFrame(this.#stream, { type: "call", id, api, input } as Message);
        }
        this.#calls.set(id, waiting);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Lets the process run the service's hooks and end. */
  async stop(): Promise<void> {
    if (this.#death === undefined) {
      this.#child.ref();
      writeFrame(this.#stream, { type: "stop" });
    }
    await this.ended;
  }

  /** Ends the process at once, with all that it has started. */
  kill(): void {
    killGroup(this.#child.pid);
  }

  #wait(begin: (waiting: Waiting) => void): Promise<unknown> {
    const death = this.#death;
    if (death !== undefined) return Promise.reject(death);
    return new Promise((resolve, reject) => {
      // Throws where the input is nothing that JSON has: then there is nothing to wait for.
      begin({ resolve, reject });
      this.#stream.ref();
    });
  }

  #answered(): void {
    if (this.#calls.size === 0 && this.#questions.length === 0) this.#stream.unref();
  }

  /** Python may leave a call out that it has not begun: its answer is not waited for. */
  #cancel(id: number, reason: unknown): void {
    this.#calls.get(id)?.reject(reason);
    this.#calls.delete(id);
    this.#answered();
    writeFrame(this.#stream, { type: "cancel", id } as Message);
  }

  #take(message: Message, bytes: Uint8Array): void {
    const { type, id, output, kind, error, content } = message as Answer;
    if (id === undefined) {
      const question = this.#questions.shift();
      this.#answered();
      if (type === "broken" && error !== undefined) question?.reject(brokenService(error));
      else question?.resolve(message);
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    this.#answered();
    if (error !== undefined) call?.reject(kind === "request" ? refusal(error) : new PythonCallError(error));
    else call?.resolve(content === undefined ? output : new ArtifactFile(content.name, bytes, content.type));
  }

  #die(code: number | null, signal: NodeJS.Signals | null): PythonDiedError {
    this.#death ??= new PythonDiedError(code, signal);
    for (const { reject } of [...this.#questions.splice(0), ...this.#calls.values()]) reject(this.#death);
    this.#calls.clear();
    return this.#death;
  }
}
