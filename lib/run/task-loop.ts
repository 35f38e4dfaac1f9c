import { AsyncLocalStorage } from "node:async_hooks";
import { writeSync } from "node:fs";
import { setSourceMapsSupport } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { FolderBlobStore } from "../data/blobs/folder.ts";
import type { BlobStore } from "../data/store.ts";
import { runAttempt } from "../task/attempt.ts";
import { toFailure } from "../task/failure.ts";
import type { AttemptRequest } from "../task/protocol.ts";
import { loadBodies } from "./bodies.ts";
import { Claims } from "./claims.ts";
import { type ConsoleSink, ConsoleWriter, captureConsole } from "./console.ts";
import { ConsoleRing } from "./console-ring.ts";
import { consoleDescriptor, type FromThread, type ThreadData, type ToWorker, type WorkerFlow } from "./protocol.ts";

// What a worker does: it loads its flow, and runs the attempts that it is sent one after the other.

interface Loaded {
  readonly flow: WorkerFlow;
  readonly bodies: ReadonlyMap<string, unknown>;
  readonly blobs: BlobStore;
}

/** A process has one request, which nobody takes back. */
const thread = parentPort === null ? undefined : (workerData as ThreadData);
const claims = thread && new Claims(thread.claims);
const console = new ConsoleWriter(
  thread ? new ConsoleRing(thread.console, () => send({ type: "written" })) : consoleOfProcess(),
);
/** The attempt that code belongs to, also where a timer or a promise of it outlives it. */
const origin = new AsyncLocalStorage<AttemptRequest>();
let current: AttemptRequest | undefined;
const inbox: AttemptRequest[] = [];
let begun = 0;
let working = false;
let loading: Promise<Loaded | undefined>;

function send(message: FromThread): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

/** Waits where the scheduler is behind, as any program does that writes to a pipe. */
function consoleOfProcess(): ConsoleSink {
  const put = (bytes: Buffer) => {
    for (let from = 0; from < bytes.length; ) from += writeSync(consoleDescriptor, bytes, from);
  };
  return { byte: (byte) => put(Buffer.of(byte)), text: (text) => put(Buffer.from(text)) };
}

async function load(flow: WorkerFlow): Promise<Loaded | undefined> {
  try {
    const loaded = { flow, bodies: await loadBodies(flow), blobs: new FolderBlobStore(flow.store) };
    send({ type: "loaded" });
    return loaded;
  } catch (error) {
    send({ type: "broken", failure: toFailure(error) });
    return undefined;
  }
}

async function work(): Promise<void> {
  if (working) return;
  working = true;
  const loaded = await loading;
  for (let request = inbox.shift(); request !== undefined; request = inbox.shift()) {
    if (loaded === undefined || claims?.begin(begun) === false) break;
    begun++;
    await run(loaded, request);
  }
  working = false;
}

async function run({ flow, bodies, blobs }: Loaded, request: AttemptRequest): Promise<void> {
  const context = flow.contexts[request.step];
  if (context === undefined) throw new RangeError(`${flow.flow} has no step ${request.step}.`);
  const began = process.uptime();
  current = request;
  const ran = await origin.run(request, () => runAttempt(context, request, bodies.get(request.step), blobs));
  const { deploy } = context.definition;
  // Only where there is such a step: nothing else of a run needs what bundles are made with.
  const outcome = deploy
    ? await (await import("./deploy.ts")).deployHere(flow, context, deploy, request, ran, blobs)
    : ran;
  // A promise that the step left rejected is told by now: the thread dies of it, and the step fails instead of the next one.
  await new Promise(setImmediate);
  current = undefined;
  console.endAttempt();
  send({ type: "outcome", outcome, milliseconds: (process.uptime() - began) * 1000 });
}

function receive(message: ToWorker): void {
  if (message.type === "load") {
    loading = load(message.flow);
  } else if (message.type === "run") {
    inbox.push(message.request);
    void work();
  } else {
    inbox.length = 0;
    begun = 0;
    claims?.restart();
  }
}

/** The thread dies of it, and the attempt with it, unless it comes of an attempt that has ended: it is no fault of the one that runs now. */
function uncaught(error: unknown): void {
  const from = origin.getStore();
  if (from === undefined || from === current) throw error;
  send({ type: "late-error", failure: toFailure(error, from, from.attempt) });
}

/** Does what the scheduler says, until it is ended. */
export function listen(): void {
  setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
  captureConsole(console);
  if (parentPort !== null) {
    process.on("uncaughtException", uncaught);
    parentPort.on("message", (messages: readonly ToWorker[]) => messages.forEach(receive));
    return;
  }
  process.on("message", receive);
  // The scheduler has gone without a word: what it started goes with it.
  process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
}
