import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const AWS_TESTS = resolve(import.meta.dirname, "..");
const ROOT = resolve(AWS_TESTS, "../..");
const MODULES = join(ROOT, "node_modules");

/** A fault to switch on; `test/aws/emulator/README.md` lists the places, facts and effects. */
export interface Fault {
  readonly on: "request" | "lambda" | "batch" | "event";
  readonly do:
    | "throttle"
    | "fail"
    | "reset"
    | "kill-at-start"
    | "kill-after"
    | "kill-before-answer"
    | "host-terminated"
    | "lose"
    | "drop"
    | "duplicate";
  /** Facts that must hold; one that ends in `*` matches by prefix. */
  readonly where?: Readonly<Record<string, string>>;
  /** How many matches are let through first. Default 0. */
  readonly skip?: number;
  /** How many matches it strikes. Default 1. */
  readonly times?: number;
  /** For `kill-after`: how long the handler runs. */
  readonly milliseconds?: number;
}

/** A request that the emulator answered. */
export interface RecordedRequest {
  readonly service: string;
  readonly operation: string;
  /** `bucket/key`, a table's name, a function's name, …; empty where the request names none. */
  readonly resource: string;
  /** `lambda/<function>` or `batch/<job name>`; empty for anyone else. */
  readonly caller: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly status: number;
}

/** The faults of a running emulator. */
export class Faults {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Switches a fault on. */
  async add(fault: Fault): Promise<void> {
    await control(this.#endpoint, "POST", "faults", fault);
  }

  /** The faults that are on; `struck` counts how often each has had its effect. */
  list(): Promise<(Fault & { readonly struck: number })[]> {
    return control(this.#endpoint, "GET", "faults");
  }

  /** Switches all faults off. */
  async clear(): Promise<void> {
    await control(this.#endpoint, "DELETE", "faults");
  }
}

/** The journal of the requests that a running emulator answered. */
export class Requests {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** The requests since the start or the last {@link clear}, oldest first. */
  list(): Promise<RecordedRequest[]> {
    return control(this.#endpoint, "GET", "requests");
  }

  async clear(): Promise<void> {
    await control(this.#endpoint, "DELETE", "requests");
  }
}

async function control<T>(endpoint: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${endpoint}/_emulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const content = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new Error(content.message);
  return content;
}

/** A running emulator. */
export interface Emulator {
  readonly endpoint: string;
  readonly port: number;
  /** What a program needs to reach it: `AWS_*`, `CDK_DOCKER`, `EMULATOR_IMAGES`, and a `PATH` with Node 24 first. */
  readonly env: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly requests: Requests;
  stop(): Promise<void>;
}

/**
 * Starts an emulator on a free port and waits until it answers. It ends, with all that it started, on `stop()` and
 * when this process ends.
 *
 * @throws Error when moto is not installed, with the command that installs it.
 */
export async function startEmulator(): Promise<Emulator> {
  const port = await freePort();
  const endpoint = `http://localhost:${port}`;
  const scratch = await mkdtemp(join(tmpdir(), "emulator-test-"));
  const images = join(scratch, "images.json");
  const child = spawn(
    "python3",
    ["-m", "emulator", "--port", String(port), "--images", images, "--modules", MODULES, "--exit-with-parent"],
    { cwd: AWS_TESTS, stdio: ["pipe", "pipe", "pipe"] },
  );
  await untilReady(child, endpoint);
  return {
    endpoint,
    port,
    faults: new Faults(endpoint),
    requests: new Requests(endpoint),
    env: {
      PATH: join(MODULES, ".bin") + delimiter + process.env.PATH,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      CDK_DOCKER: join(AWS_TESTS, "emulator", "docker"),
      EMULATOR_IMAGES: images,
    },
    async stop() {
      const ended = new Promise((done) => child.once("exit", done));
      child.stdin.end();
      await ended;
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no TCP port is free on 127.0.0.1");
  return address.port;
}

async function untilReady(child: ChildProcess, endpoint: string): Promise<void> {
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      output = (output + chunk).slice(-10_000);
      if (process.env.EMULATOR_LOG) process.stderr.write(chunk);
    });
  let ended = false;
  child.once("error", (error) => {
    output += error.message;
    ended = true;
  });
  child.once("exit", () => {
    ended = true;
  });
  for (let attempt = 0; attempt < 600 && !ended; attempt++) {
    const answer = await fetch(`${endpoint}/_emulator/faults`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  child.kill();
  if (/No module named '?(moto|flask|boto3)/.test(output))
    throw new Error('The tests on emulated AWS need moto. Install it: pip install "moto[server]==5.2.*"');
  throw new Error(`The emulator did not start:\n${output}`);
}
