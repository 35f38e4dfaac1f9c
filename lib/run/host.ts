import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Claims } from "./claims.ts";
import type { FromWorker, Stream, ToWorker } from "./protocol.ts";

/** Where tasks run: a thread, or a process of its own. */
export interface Host {
  post(message: ToWorker): void;
  /** Ends it at once, whatever it is doing. */
  stop(): Promise<unknown>;
}

export interface HostEvents {
  message(message: FromWorker): void;
  /** An error that nothing caught ended it, or code that called `process.exit`, or, of a process, a signal. */
  died(death: Death): void;
}

export interface Death {
  readonly error?: unknown;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
}

export type OpenHost = (events: HostEvents, claims: Claims | undefined) => Host;

/** What tasks run in. Each kind is one object: workers are kept by it. */
export interface HostKind {
  readonly open: OpenHost;
  /** Whether the next task gets the same one. */
  readonly isKept: boolean;
  /** Whether tasks may wait in it behind the one that runs. */
  readonly canQueue?: boolean;
}

/** Of each thread, for what was allocated last. With Node's default of 48, the threads' garbage is most of the memory of a run of tiny tasks. */
const maxYoungGenerationSizeMb = 12;

export const threads: HostKind = { open: openThread, isKept: true, canQueue: true };
export const processes: HostKind = { open: openProcess, isKept: false };

function openThread(events: HostEvents, claims: Claims | undefined): Host {
  const worker = new Worker(workerUrl(), {
    name: "millrace",
    resourceLimits: { maxYoungGenerationSizeMb },
    workerData: claims?.buffer,
  });
  // One message for all that is posted in a turn: waking a thread costs more than a tiny task.
  let outbox: ToWorker[] = [];
  const flush = () => {
    worker.postMessage(outbox);
    outbox = [];
  };
  worker.on("message", events.message);
  worker.on("error", (error) => events.died({ error }));
  worker.on("exit", (code) => events.died({ code }));
  // A thread that has nothing to do yet keeps no command alive, whose flow's module never comes to its end say.
  worker.unref();
  return {
    post: (message) => {
      worker.ref();
      if (outbox.push(message) === 1) setImmediate(flush);
    },
    stop: () => worker.terminate(),
  };
}

function openProcess(events: HostEvents): Host {
  // Loaded here, since few runs need it and it is a tenth of a thread's start.
  const { fork } = process.getBuiltinModule("node:child_process");
  // The leader of a group, so that what the step has started ends with it.
  const child = fork(fileURLToPath(workerUrl()), {
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const pipe = (stream: Stream) => {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => events.message({ type: "text", stream, text }));
  };
  pipe("stdout");
  pipe("stderr");
  child.on("message", (message) => events.message(message as FromWorker));
  child.on("error", (error) => events.died({ error }));
  child.on("close", (code, signal) => events.died({ code, signal }));
  return {
    post: (message) => child.send(message),
    stop: () => {
      killGroup(child.pid);
      return exited;
    },
  };
}

/** Ends a process that leads a group, with all that it has started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Beside this module in the sources; in the build this module is a chunk, and the worker an entry beside the folder of chunks. */
function workerUrl(): URL {
  if (import.meta.url.endsWith(".ts")) return new URL("./worker.ts", import.meta.url);
  return new URL(import.meta.url.includes("/chunks/") ? "../worker.js" : "./worker.js", import.meta.url);
}
