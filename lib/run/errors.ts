import { MillraceError } from "../errors.ts";
import type { Failure } from "../metadata/records.ts";

/** Signals that a process gets for what it does itself. */
const crashes: ReadonlySet<NodeJS.Signals> = new Set(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"]);

/** The thread or process of an attempt ended before its step did. */
export class TaskDiedError extends MillraceError {
  constructor(
    code: number | undefined,
    signal: NodeJS.Signals | undefined,
    instead = "Return or throw instead of calling process.exit().",
  ) {
    super(
      "TASK_DIED",
      signal === undefined
        ? `The step ended its process with exit code ${code}.`
        : `The step's process was ended by ${signal}.`,
      {
        fix:
          signal === undefined
            ? instead
            : crashes.has(signal)
              ? "Native code in it crashed: its last lines may say where."
              : "Give it more memory, or look at what sends the signal.",
      },
    );
  }
}

/** A process of Python steps said what is no message: something in it wrote to the descriptor of the protocol. */
export class PythonProtocolError extends MillraceError {
  constructor(line: string) {
    super(
      "TASK_DIED",
      `The step's process wrote what is no message of its protocol: ${JSON.stringify(line.slice(0, 60))}.`,
      {
        fix: "Let the step write to its own file descriptors alone.",
      },
    );
  }
}

/** The process of Python steps does not come up. */
export class PythonWorkerError extends MillraceError {
  constructor(interpreter: string, reason: string, cause?: unknown) {
    super("PYTHON_WORKER", `${interpreter} cannot run Python steps: ${reason}`, {
      fix: "Use Python 3.10 or later, and see that no file beside the flow has the name of a module of Python.",
      cause,
    });
  }
}

/** A step needed more memory than its thread or process may have. */
export class OutOfMemoryError extends MillraceError {
  constructor(cause?: unknown) {
    super("OUT_OF_MEMORY", "The step ran out of memory: its heap is full.", {
      fix: 'Hold less at a time, or raise the limit: NODE_OPTIONS="--max-old-space-size=8192" (in MiB).',
      cause,
    });
  }
}

/** A worker could not load the flow that the command itself has loaded. */
export class WorkerLoadError extends MillraceError {
  constructor({ name, message, stack }: Failure) {
    super(
      "WORKER_LOAD",
      `A worker cannot load the flow: ${name}: ${message}${stack === undefined ? "" : `\n${stack}`}`,
      {
        fix: 'Let the flow\'s file and what it imports load in a worker thread, or give its steps `isolate: "process"`.',
      },
    );
  }
}

/** A run was stopped by a person. */
export class InterruptedError extends MillraceError {
  constructor() {
    super("INTERRUPTED", "The run was interrupted.", { fix: "Run it again, or resume it from where it was." });
  }
}

/** A task was stopped because of what happened elsewhere in the run. */
export class StoppedError extends MillraceError {
  constructor(reason: unknown) {
    const why = reason instanceof Error ? reason.message : String(reason);
    super("STOPPED", `The task was stopped: ${why}`, { cause: reason });
  }
}
