import { setSourceMapsSupport } from "node:module";
import { parentPort } from "node:worker_threads";
import { FolderBlobStore } from "../data/blobs/folder.ts";
import type { BlobStore } from "../data/store.ts";
import { runAttempt } from "../task/attempt.ts";
import { toFailure } from "../task/failure.ts";
import type { AttemptRequest } from "../task/protocol.ts";
import { loadBodies } from "./bodies.ts";
import { captureConsole } from "./console.ts";
import type { FromWorker, ToWorker, WorkerFlow } from "./protocol.ts";

// The entry of a worker thread, or of the process of a step with `isolate: "process"`.

interface Loaded {
  readonly flow: WorkerFlow;
  readonly bodies: ReadonlyMap<string, unknown>;
  readonly blobs: BlobStore;
}

let loaded: Loaded | undefined;

function send(message: FromWorker): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

async function load(flow: WorkerFlow): Promise<void> {
  try {
    loaded = { flow, bodies: await loadBodies(flow), blobs: new FolderBlobStore(flow.store) };
    send({ type: "loaded" });
  } catch (error) {
    send({ type: "broken", failure: toFailure(error) });
  }
}

async function run({ flow, bodies, blobs }: Loaded, request: AttemptRequest): Promise<void> {
  const context = flow.contexts[request.step];
  if (context === undefined) throw new RangeError(`${flow.flow} has no step ${request.step}.`);
  send({ type: "outcome", outcome: await runAttempt(context, request, bodies.get(request.step), blobs) });
}

setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
captureConsole((stream, text) => send({ type: "text", stream, text }));

(parentPort ?? process).on("message", (message: ToWorker) => {
  if (message.type === "load") void load(message.flow);
  else if (loaded !== undefined) void run(loaded, message.request);
});

// The scheduler has gone without a word: what it started goes with it.
if (parentPort === null) process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
