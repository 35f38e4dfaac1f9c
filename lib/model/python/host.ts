import { setTimeout as wait } from "node:timers/promises";
import type { BodyDescription } from "../service/description.ts";
import { PythonChannel } from "./channel.ts";
import { restarting } from "./errors.ts";

/** Where a service's code is, and what runs it. */
export interface PythonSource {
  /** The interpreter's path; asked for at each start. */
  readonly interpreter: () => Promise<string>;
  /** The file's, absolute: its neighbours are imported from there. */
  readonly folder: string;
  /** Relative to the folder. */
  readonly file: string;
  /** The class, where the file has several. */
  readonly service?: string;
  /** As `name==version`: they must be installed. */
  readonly requirements?: readonly string[];
}

/** A model as Python reads it. */
export interface PythonModelFile {
  readonly codec: string;
  /** What it is, for people: `sklearn.svm.SVC`. */
  readonly type: string;
  /** Absolute. */
  readonly file: string;
}

/** What `describe` in millrace/model/description.py gives. */
export interface PythonDescription {
  readonly name: string;
  readonly apis: readonly PythonApi[];
  readonly models: readonly { readonly name: string; readonly isPacked: boolean }[];
}

export interface PythonApi {
  readonly name: string;
  readonly input: BodyDescription;
  readonly output: BodyDescription;
  /** Those of `@api` that were given. */
  readonly options: Readonly<Record<string, unknown>>;
}

interface Loaded {
  readonly type: "loaded";
  readonly description: PythonDescription;
  /** The `.py` files of the folder that were imported, relative to it. */
  readonly files: readonly string[];
}

/** What of a service was written to a folder, and what it needs. */
export interface PythonSaved {
  readonly type: "saved";
  readonly models: readonly (PythonModelFile & { readonly name: string })[];
  /** As `name==version`. */
  readonly requirements: readonly string[];
  /** Python's version: `3.13`. */
  readonly python: string;
}

/** Seconds, at the most, between two tries to start a process that dies at its start. */
const longestPause = 30;

/** A service's process, kept alive: one that dies is started again. */
export class PythonHost {
  readonly #source: PythonSource;
  #channel: PythonChannel | undefined;
  #models: Readonly<Record<string, PythonModelFile>> = {};
  #isUp = false;
  #isStopping = false;

  constructor(source: PythonSource) {
    this.#source = source;
  }

  /** Whether calls are answered. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Starts the process and imports the service. @throws ModelError */
  async load(): Promise<Loaded> {
    const { interpreter, ...source } = this.#source;
    this.#channel = new PythonChannel(await interpreter());
    try {
      return await this.#channel.ask<Loaded>({ type: "load", ...source } as never);
    } catch (error) {
      this.#channel.kill();
      throw error;
    }
  }

  /** Gives the service its models and calls its hooks; from then on the process is kept alive. @throws ModelError */
  async start(models: Readonly<Record<string, PythonModelFile>>): Promise<void> {
    this.#models = models;
    if (this.#channel === undefined) await this.load();
    await this.#start();
  }

  /**
   * Writes the models that it has, but for those that are given, to a folder; none where `models` is left out. The process ends.
   *
   * @throws ModelError
   */
  async save(models: Readonly<Record<string, PythonModelFile>> | undefined, target: string): Promise<PythonSaved> {
    if (this.#channel === undefined) await this.load();
    try {
      return await this.#opened.ask<PythonSaved>({ type: "save", models, target } as never);
    } finally {
      this.#opened.kill();
      this.#channel = undefined;
    }
  }

  /** @throws RequestError 503 while it is being started again; PythonCallError, PythonDiedError */
  call(api: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    if (!this.#isUp) throw restarting();
    return this.#opened.call(api, input, signal);
  }

  /** Ends the process of a service that was loaded and is not started. */
  kill(): void {
    this.#channel?.kill();
    this.#channel = undefined;
  }

  /** Calls the service's hooks and ends the process. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#isUp = false;
    await this.#channel?.stop();
  }

  async #start(): Promise<void> {
    const channel = this.#opened;
    try {
      await channel.ask({ type: "start", models: this.#models } as never);
    } catch (error) {
      channel.kill();
      throw error;
    }
    this.#isUp = true;
    void channel.ended.then((death) => {
      this.#isUp = false;
      if (!this.#isStopping) void this.#restart(death.message);
    });
  }

  async #restart(message: string): Promise<void> {
    console.error(message);
    for (let pause = 1; !this.#isStopping; pause = Math.min(2 * pause, longestPause)) {
      try {
        await this.load();
        // It was stopped before there was a process to stop.
        if (this.#isStopping) return this.#opened.kill();
        return await this.#start();
      } catch (error) {
        console.error(error instanceof Error ? error.message : String(error));
        await wait(pause * 1000, undefined, { ref: false });
      }
    }
  }

  get #opened(): PythonChannel {
    if (this.#channel === undefined) throw new Error("The Python process is not there.");
    return this.#channel;
  }
}
