import { spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { prepareInterpreters } from "../environment/environment.ts";
import { killGroup } from "../environment/kill-group.ts";
import { withPackages } from "../environment/python.ts";
import type { FlowDefinition } from "../flow/definition.ts";
import { PythonProtocolError, PythonWorkerError, TaskDiedError } from "./errors.ts";
import type { RunEvent } from "./events.ts";
import type { Host, HostEvents, HostKind } from "./host.ts";
import type { FromWorker, Stream, ToWorker } from "./protocol.ts";

/** Of what a process that dies early has written, as much is shown. */
const lastWords = 2000;

/** The process that each Python step's tasks run in: one kind for each environment, so that a process is kept for the next task of the same. */
export async function pythonHosts(
  definition: FlowDefinition,
  onEvent?: (event: RunEvent) => void,
): Promise<ReadonlyMap<string, HostKind>> {
  const kinds = new Map<string, HostKind>();
  const onBuild = (packages: string) => onEvent?.({ type: "environment-building", packages });
  const hosts = [...(await prepareInterpreters(definition, onBuild))].map(([step, interpreter]) => {
    const kind = kinds.get(interpreter) ?? { open: (events) => openPython(interpreter, events), isKept: true };
    kinds.set(interpreter, kind);
    return [step, kind] as const;
  });
  return new Map(hosts);
}

/**
 * The protocol has a channel of its own, descriptor 3, with a JSON document a line: what a step, or a library that it calls, prints can't get in
 * its way.
 */
function openPython(interpreter: string, events: HostEvents): Host {
  // The leader of a group, so that what the step has started ends with it.
  const child = spawn(interpreter, ["-m", "millrace.worker"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: withPackages(process.env),
    detached: true,
  });
  const exited = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  let isLoaded = false;
  let written = "";
  const quiet = new Quiet();
  const pipe = (stream: Stream) => {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      quiet.disturb();
      if (!isLoaded) written = (written + text).slice(-lastWords);
      events.message({ type: "text", stream, text });
    });
  };
  pipe("stdout");
  pipe("stderr");
  const channel = child.stdio[3] as Duplex;
  // Its end is told by the process's own.
  channel.on("error", () => {});
  receive(channel, async (line) => {
    const message = parse(line);
    if (message === undefined) {
      killGroup(child.pid);
      events.died({ error: new PythonProtocolError(line) });
      return;
    }
    isLoaded = true;
    // What the step printed before its outcome is on its way in another pipe.
    if (message.type === "outcome") await quiet.reached();
    events.message(message);
  });
  child.on("error", (error) => events.died({ error: new PythonWorkerError(interpreter, error.message, error) }));
  child.on("close", (code, signal) => {
    const error =
      isLoaded || signal !== null
        ? new TaskDiedError(code ?? undefined, signal ?? undefined, "Return or raise instead of calling os._exit().")
        : new PythonWorkerError(interpreter, written.trim());
    events.died({ error });
  });
  return {
    post: (message: ToWorker) => channel.write(`${JSON.stringify(message)}\n`),
    stop: () => {
      killGroup(child.pid);
      return exited;
    },
  };
}

function parse(line: string): FromWorker | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function receive(channel: Readable, take: (line: string) => Promise<void>): void {
  let rest: Buffer[] = [];
  channel.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      void take(Buffer.concat([...rest, chunk.subarray(from, end)]).toString());
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  });
}

/** Tells when the pipes are empty: a round of the event loop reads all that was there when it began, up to a limit. */
class Quiet {
  #isDisturbed = false;

  disturb(): void {
    this.#isDisturbed = true;
  }

  async reached(): Promise<void> {
    do {
      this.#isDisturbed = false;
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#isDisturbed);
  }
}
