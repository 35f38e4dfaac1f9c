import { parseArgs } from "node:util";
import { ModelError } from "../errors.ts";
import type { LogLevel } from "./logger.ts";

/** How a server runs. */
export interface RunOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Processes that share the port. */
  readonly workers: number;
  readonly logLevel: LogLevel;
}

/** As they are written on a command line. */
export interface RunOptionTexts {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly workers?: string | undefined;
  readonly "log-level"?: string | undefined;
}

/** What a bundle's `server.mjs --help` tells. */
export function helpText(program: string): string {
  return `Usage: ${program} [serve|health] [options]

serve the model service of this bundle

Commands:
  serve                as SageMaker starts it: on all addresses, at port 8080, with the models of /opt/ml/model
  health               whether the server on this machine is ready: exit code 0 or 1

Options:
  --host <address>     listen on this address (default: "127.0.0.1")
  --port <n>           listen on this port; 0 takes any (default: $PORT, or "3000")
  --workers <n>        processes that share the port (default: "1")
  --log-level <level>  debug, info, warn, error or silent (default: "info")
  -h, --help           display help for command
`;
}

const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/**
 * The arguments of a bundle's `server.mjs`. With `serve`, as SageMaker starts a container, it listens on all addresses at port 8080.
 *
 * @throws ModelError `OPTION` where one is unknown or has a wrong value.
 */
export function parseArguments(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly command: "serve" | "health" | "help" | undefined; readonly options: RunOptions } {
  const {
    values: { help, ...values },
    positionals,
  } = parsed(args);
  if (help) return { command: "help", options: readRunOptions({}) };
  const [command, ...rest] = positionals;
  if (rest.length > 0 || (command !== undefined && command !== "serve" && command !== "health")) {
    throw new ModelError("OPTION", `${JSON.stringify(rest[0] ?? command)} is nothing that a server does.`, {
      fix: "Give options alone, serve (as SageMaker does), or health; --help tells more.",
    });
  }
  const { PORT, SAGEMAKER_BIND_TO_PORT } = environment;
  const defaults =
    command === "serve"
      ? { host: "0.0.0.0", port: SAGEMAKER_BIND_TO_PORT || "8080" }
      : { ...(PORT !== undefined && PORT !== "" && { port: PORT }) };
  return { command, options: readRunOptions({ ...defaults, ...values }) };
}

/** @throws ModelError `OPTION` */
export function readRunOptions(texts: RunOptionTexts): RunOptions {
  const { host = "127.0.0.1", port = "3000", workers = "1", "log-level": logLevel = "info" } = texts;
  if (!logLevels.includes(logLevel as LogLevel)) refuse("--log-level", logLevel, `one of ${logLevels.join(", ")}`);
  return {
    host,
    port: whole("--port", port, 0, 65_535),
    workers: whole("--workers", workers, 1, 256),
    logLevel: logLevel as LogLevel,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        host: { type: "string" },
        port: { type: "string" },
        workers: { type: "string" },
        "log-level": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (cause) {
    throw new ModelError("OPTION", `${(cause as Error).message}.`, {
      fix: "There are --host, --port, --workers, --log-level and --help.",
      cause,
    });
  }
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  const isRight = /^\d+$/.test(text) && value >= least && value <= most;
  return isRight ? value : refuse(option, text, `a whole number from ${least} to ${most}`);
}

function refuse(option: string, text: string, expected: string): never {
  throw new ModelError("OPTION", `${option} is ${expected}; received ${JSON.stringify(text)}.`);
}
