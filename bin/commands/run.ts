import { constants } from "node:os";
import type { Command } from "commander";
import type { FlowDefinition, Json } from "../../lib/flow/definition.ts";
import { locateFlow } from "../../lib/flow/load/locate.ts";
import { parseParameter } from "../../lib/flow/parameters.ts";
import type { RunRecord } from "../../lib/metadata/records.ts";
import { UsageError } from "../terminal/errors.ts";
import { loadFlowFile } from "../terminal/flow.ts";
import { wholeNumber } from "../terminal/options.ts";
import { goOnWithoutOutput } from "../terminal/output.ts";
import { RunDisplay } from "../terminal/run-display.ts";
import { writableStore } from "../terminal/store.ts";

interface RunOptions {
  readonly json?: true;
  readonly maxWorkers?: string;
  readonly tag?: readonly string[];
  readonly runIdFile?: string;
  readonly store?: string;
}

/** Exit code 0 where the run succeeded, 1 where it failed, and where it was interrupted 128 and the signal's number, as shells have it. */
export async function run(command: Command, options: RunOptions): Promise<void> {
  const [file, ...rest] = command.args;
  const help = command.args.includes("--help") || command.args.includes("-h");
  if (file === undefined || file.startsWith("-")) {
    if (help) return command.outputHelp();
    throw new UsageError(
      "`run` needs the flow's file, before any parameter.",
      "Write millrace run flow.ts --alpha 0.5, say.",
    );
  }
  if (help) {
    const { definition } = await loadFlowFile(file, options);
    command.addHelpText("after", parameterHelp(definition));
    return command.outputHelp();
  }

  if (options.tag?.includes("")) throw new UsageError('--tag takes a text; received "".', "Write --tag nightly, say.");
  const maxWorkers = options.maxWorkers === undefined ? undefined : wholeNumber("--max-workers", options.maxWorkers);
  locateFlow(file);
  const store = writableStore(options.store);
  let interruption: AbortSignal;
  goOnWithoutOutput();
  const loading = loadFlowFile(file, options);
  // What runs the flow gets ready while it is compiled; whether that fails is asked then.
  loading.catch(() => {});
  const { Runner, runFlow } = await import("../../lib/run/index.ts");
  // The compiler has asked for files meanwhile.
  await new Promise((resolve) => setImmediate(resolve));
  const runner = new Runner(store, maxWorkers);
  const display = new RunDisplay(options.json === true);
  let ended: RunRecord;
  try {
    const flow = await loading;
    // Until here nothing is on record, and a module that never comes to its end must not outlive a signal.
    interruption = interruptible();
    ended = await runFlow(flow, {
      store,
      runner,
      parameters: parseParameters(flow.definition, rest),
      signal: interruption,
      onEvent: (event) => display.show(event),
      ...(options.tag !== undefined && { tags: options.tag }),
      ...(options.runIdFile !== undefined && { runIdFile: options.runIdFile }),
    });
  } finally {
    display.close();
    await runner.close();
  }
  if (ended.status === "interrupted") process.exitCode = 128 + constants.signals[interruption.reason as NodeJS.Signals];
  else if (ended.status !== "succeeded") process.exitCode = 1;
}

/** Aborted, with its name as the reason, by the first signal that ends a command; the second one ends the process as it would any other. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => controller.abort(signal));
  }
  return controller.signal;
}

/** `--alpha 0.5`, `--alpha=0.5`, and for a boolean `--fast` alone. What is unknown or missing is the run's to say. */
function parseParameters({ parameters }: FlowDefinition, args: readonly string[]): Record<string, Json> {
  const given = new Map<string, Json>();
  const rest = [...args];
  // Commander takes it away only where no parameter comes before it.
  const separator = rest.indexOf("--");
  if (separator >= 0) rest.splice(separator, 1);
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, joined] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) throw new UsageError(...unexpected(arg));
    const definition = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const alone = rest[0] === undefined || rest[0].startsWith("--");
    const text = joined ?? (alone ? undefined : rest.shift());
    if (definition === undefined) given.set(name, text ?? true);
    else if (text !== undefined) given.set(name, parseParameter(name, definition, text));
    else if (definition.type === "boolean") given.set(name, true);
    else throw new UsageError(`--${name} needs a value.`, `Write --${name} VALUE, or --${name}=VALUE.`);
  }
  return Object.fromEntries(given);
}

function unexpected(arg: string): [message: string, fix: string] {
  const received = JSON.stringify(arg);
  return arg.startsWith("-")
    ? [`There is no option ${received}.`, "Write a parameter as --NAME VALUE; `millrace run --help` tells the options."]
    : [`\`run\` takes one flow; received ${received} too.`, "Write a parameter as --NAME VALUE."];
}

function parameterHelp({ name, parameters }: FlowDefinition): string {
  const lines = Object.entries(parameters).map(([parameter, { type, help = "", default: value, choices }]) => {
    const details = [
      ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
      value === undefined ? "required" : `default ${JSON.stringify(value)}`,
    ];
    return `  ${`--${parameter} <${type}>`.padEnd(24)} ${help}${help && " "}(${details.join("; ")})`;
  });
  return `\nParameters of ${name}:\n${lines.length > 0 ? lines.join("\n") : "  none"}\n`;
}
