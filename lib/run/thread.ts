import { Worker } from "node:worker_threads";
import { Claims } from "./claims.ts";
import { ConsoleRing } from "./console-ring.ts";
import type { ThreadData } from "./protocol.ts";
import { workerUrl } from "./worker-url.ts";

export interface Thread {
  readonly worker: Worker;
  readonly claims: Claims;
  readonly console: ConsoleRing;
}

/** Of each thread, for what was allocated last. With Node's default of 48, the threads' garbage is most of the memory of a run of tiny tasks. */
const maxYoungGenerationSizeMb = 6;

let ahead: Thread | undefined;

/** Starts a thread for whoever takes the next one: it takes longer to come up than a command to load its code. */
export function startThreadAhead(): void {
  ahead ??= startThread();
  // Where nobody takes it, it ends with the command.
  ahead.worker.unref();
}

export function takeThread(): Thread {
  const thread = ahead ?? startThread();
  ahead = undefined;
  thread.worker.ref();
  return thread;
}

function startThread(): Thread {
  const claims = new Claims();
  const console = new ConsoleRing();
  const workerData: ThreadData = { claims: claims.buffer, console: console.buffer };
  const worker = new Worker(workerUrl(), {
    name: "millrace",
    resourceLimits: { maxYoungGenerationSizeMb },
    workerData,
  });
  return { worker, claims, console };
}
