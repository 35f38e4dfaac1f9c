import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { killGroup } from "../environment/kill-group.ts";
import type { Claims } from "./claims.ts";
import { ConsoleReader } from "./console.ts";
import { OutOfMemoryError } from "./errors.ts";
import { consoleDescriptor, type FromThread, type FromWorker, type Stream, type ToWorker } from "./protocol.ts";
import { takeThread } from "./thread.ts";
import { workerUrl } from "./worker-url.ts";

/** Where tasks run: a thread, or a process of its own. */
export interface Host {
  /** Where tasks may wait in it behind the one that runs. */
  readonly claims?: Claims;
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

export type OpenHost = (events: HostEvents) => Host;

/** What tasks run in. Each kind is one object: workers are kept by it. */
export interface HostKind {
  readonly open: OpenHost;
  /** Whether the next task gets the same one. */
  readonly isKept: boolean;
}

export const threads: HostKind = { open: openThread, isKept: true };
export const processes: HostKind = { open: openProcess, isKept: false };

function openThread(events: HostEvents): Host {
  const { worker, claims, console } = takeThread();
  // One message for all that is posted in a turn: waking a thread costs more than a tiny task.
  let outbox: ToWorker[] = [];
  const flush = () => {
    worker.postMessage(outbox);
    outbox = [];
  };
  const lines = new ConsoleReader((stream, text) => events.message({ type: "text", stream, text }));
  const take = () => console.take((bytes) => lines.add(bytes));
  worker.on("message", (message: FromThread) => {
    take();
    if (message.type === "written") return;
    events.message(message);
    if (message.type === "outcome") lines.nextAttempt();
  });
  // Told when it has ended: what it wrote before has come by then, which the error itself may overtake.
  let death: Death | undefined;
  worker.on("error", (error) => {
    death = { error };
  });
  worker.on("exit", (code) => {
    take();
    events.died(death ?? { code });
  });
  // A thread that has nothing to do yet keeps no command alive, whose flow's module never comes to its end say.
  worker.unref();
  return {
    claims,
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
    stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
    detached: true,
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let isHeapFull = false;
  const pipe = (stream: Stream) => {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      isHeapFull ||= stream === "stderr" && text.includes("JavaScript heap out of memory");
      events.message({ type: "text", stream, text });
    });
  };
  pipe("stdout");
  pipe("stderr");
  // What Node writes; the pipes have what comes past it, of native code and of programs that the step starts.
  const lines = new ConsoleReader((stream, text) => events.message({ type: "text", stream, text }));
  let outcome: FromWorker | undefined;
  const tellOutcome = () => {
    if (outcome === undefined || !lines.hasEnded) return;
    events.message(outcome);
    outcome = undefined;
  };
  const channel = child.stdio[consoleDescriptor] as Readable;
  channel.on("data", (bytes: Buffer) => {
    lines.add(bytes);
    tellOutcome();
  });
  child.on("message", (message: FromWorker) => {
    if (message.type !== "outcome") return events.message(message);
    outcome = message;
    tellOutcome();
  });
  child.on("error", (error) => events.died({ error }));
  // A thread's end has a code for it; a process says it in words, and aborts.
  child.on("close", (code, signal) =>
    events.died(isHeapFull && signal === "SIGABRT" ? { error: new OutOfMemoryError() } : { code, signal }),
  );
  return {
    post: (message) => child.send(message),
    stop: () => {
      killGroup(child.pid);
      return exited;
    },
  };
}
