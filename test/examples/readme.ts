import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { freePort } from "../model/support/server-process.ts";

const project = join(import.meta.dirname, "../..");

/** A block of commands, with the block of output behind it. */
export interface Block {
  readonly commands: string;
  readonly output: string | undefined;
}

export function blocksOf(readme: string): Block[] {
  const text = readFileSync(join(project, readme), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$(?:\n\n```\n(.*?)^```$)?/gms)].map(([, commands = "", output]) => ({
    commands,
    output,
  }));
}

/** What is not run: it needs Docker, AWS, or root. */
const elsewhere = /^(?:docker|apt-get|npx cdk|aws|.* containerize) /;
const server = /^(?:npm run -s millrace -- serve|node \S+\/server\.mjs|npx iris-classifier|\S*bin\/iris-classifier)\b/;

/** A checkout, in which the commands of a README are typed one after the other. */
export class Checkout {
  /** @param env - As the shell has it. */
  static async create(env: NodeJS.ProcessEnv = {}): Promise<Checkout> {
    return new Checkout(env, await freePort());
  }

  readonly #path = realpathSync(mkdtempSync(join(tmpdir(), "millrace-readme-")));
  readonly #env: NodeJS.ProcessEnv;
  readonly #port: number;
  #server: ChildProcess | undefined;

  private constructor(env: NodeJS.ProcessEnv, port: number) {
    const { MILLRACE_STORE: _, MILLRACE_PYTHON: __, ...rest } = process.env;
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    const npm = { npm_config_offline: "true", npm_config_audit: "false", npm_config_update_notifier: "false" };
    this.#env = { ...rest, ...npm, NO_COLOR: "1", ...env, PATH: path, STATE: join(this.#path, ".state") };
    this.#port = port;
    const left = ["node_modules/.cache", ".git", ".millrace", "cdk.out"];
    for (const name of readdirSync(project)) {
      if (!left.includes(name)) symlinkSync(join(project, name), join(this.#path, name));
    }
  }

  /** What the commands print, with what differs from run to run as a word. A server is left running until the next one. */
  async run(commands: string): Promise<string> {
    let printed = "";
    for (const part of parts(commands)) {
      if (server.test(part)) await this.#serve(part);
      else printed += await this.#shell(part);
    }
    return this.normal(printed);
  }

  normal(output: string): string {
    return output
      .replaceAll(this.#path, "/home/me/millrace")
      .replaceAll(/\d{8}-\d{6}-\d{3}-[0-9a-z]{4}/g, "RUN")
      .replaceAll(/0\.0\.0([-+])h[0-9a-f]{16}/g, "0.0.0$1hHASH")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replaceAll(/"requestId":"[^"]*"/g, '"requestId":"ID"')
      .replaceAll(/\b\d+\.\d+ s\b/g, "N s")
      .replaceAll(/\n*$/g, "\n");
  }

  async remove(): Promise<void> {
    await this.#stop();
    rmSync(this.#path, { recursive: true, force: true });
  }

  /** Where it is and what was exported holds for the next commands. */
  #start(commands: string): ChildProcess {
    const script = `[ ! -e "$STATE" ] || . "$STATE"\n${this.#ported(commands)}\n{ declare -px; echo "cd '$PWD'"; } > "$STATE"\n`;
    return spawn("bash", ["-ec", script], {
      cwd: this.#path,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }

  async #shell(commands: string): Promise<string> {
    const child = this.#start(`exec 2>&1\n${commands}`);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (output += text));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`exit code ${code}:\n${commands}\n${output}`);
    return output.endsWith("\n") || output === "" ? output : `${output}\n`;
  }

  async #serve(command: string): Promise<void> {
    await this.#stop();
    this.#server = this.#start(command.includes("--port") ? command : `${command} --port 3000`);
    this.#server.stdout?.resume();
    let errors = "";
    this.#server.stderr?.setEncoding("utf8").on("data", (text) => (errors += text));
    const answers = async () =>
      (await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => undefined))?.status ?? errors;
    await expect.poll(answers, { timeout: 20_000 }).toBe(200);
  }

  async #stop(): Promise<void> {
    const child = this.#server;
    this.#server = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const closed = once(child, "close");
    process.kill(-child.pid, "SIGTERM");
    await closed;
  }

  #ported(commands: string): string {
    return commands.replaceAll(/(localhost:|--port )3000\b/g, `$1${this.#port}`);
  }
}

/** Commands up to a server, the server, and so on; each as the shell gets it. */
function parts(commands: string): string[] {
  const result: string[] = [];
  let script = "";
  for (const line of commands.split("\n")) {
    if (elsewhere.test(line)) continue;
    if (server.test(line)) {
      result.push(script, line.replace(/ +#.*$/, ""));
      script = "";
    } else script += `${line}\n`;
  }
  return [...result, script].filter((part) => part.trim() !== "");
}
