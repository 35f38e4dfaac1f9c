import { type ChildProcessByStdio, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

const project = join(import.meta.dirname, "../..");
const launcher = join(project, "bin/millrace.js");

/** How a command ended, with what differs from run to run as a word: RUN, TIME, N. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's folder with flows in it, where commands run; the store is `.millrace` in it. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "millrace-command-")));

  /** @param flows - Names of files in `flows/`. */
  constructor(...flows: readonly string[]) {
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(project, join(this.path, "node_modules/millrace"));
    symlinkSync(join(project, "node_modules/apache-arrow"), join(this.path, "node_modules/apache-arrow"));
    for (const flow of flows) cpSync(join(import.meta.dirname, "flows", flow), join(this.path, flow));
  }

  write(name: string, content: string): this {
    writeFileSync(join(this.path, name), content);
    return this;
  }

  /** The command as a process that still runs, on a pipe. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessByStdio<null, Readable, Readable> {
    return spawn(process.execPath, [launcher, ...args], {
      cwd: this.path,
      stdio: ["ignore", "pipe", "pipe"],
      env: environment(env),
    });
  }

  async millrace(...args: readonly string[]): Promise<Ended> {
    return await this.ended(this.start(args));
  }

  async ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { code, stdout: this.#normal(stdout), stderr: this.#normal(stderr) };
  }

  /** What a command that is to succeed prints to standard output. */
  async out(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.millrace(...args);
    if (code !== 0) throw new Error(`millrace ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** The same, as the one JSON document that it is to be. */
  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.out(...args, "--json"));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #normal(output: string): string {
    return output
      .replaceAll(this.path, "DIR")
      .replaceAll(/\d{8}-\d{6}-\d{3}-[0-9a-z]{4}/g, "RUN")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replaceAll(/"seconds":[\d.]+/g, '"seconds":0')
      .replaceAll(/"owner":\{[^}]*\}/g, '"owner":{}')
      .replaceAll(/\b\d+\.\d{1,2} s\b/g, "N s")
      .replaceAll(/again in \d+ ms\b/g, "again in N ms");
  }
}

/** Colours and the store are what the test says, not what the shell that runs it has. */
export function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MILLRACE_STORE: _, MILLRACE_DEBUG: __, FORCE_COLOR: ___, NO_COLOR: ____, ...rest } = process.env;
  return { ...rest, ...more };
}
