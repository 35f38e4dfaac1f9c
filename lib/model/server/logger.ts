import cluster from "node:cluster";
import { styleText } from "node:util";
import { type Logger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Writes to standard output: a line of JSON for each event, or on a terminal a line for people. */
export function createLogger(service: string, level: LogLevel): Logger {
  const base = cluster.worker === undefined ? { service } : { service, worker: cluster.worker.id };
  if (!process.stdout.isTTY) return pino({ level, base });
  return pino({ level, base }, { write: (line) => process.stdout.write(`${readable(JSON.parse(line))}\n`) });
}

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly worker?: number;
  readonly requestId?: string;
  readonly method?: string;
  readonly url?: string;
  readonly status?: number;
  readonly milliseconds?: number;
  readonly reason?: string;
  readonly err?: { readonly stack: string };
  readonly fix?: string;
}

/** As it is read on a terminal: `18:04:11  404  POST /predict  0.8 ms  There is no POST /predict.  98281adf350b-0`. */
function readable(line: Line): string {
  const { level, time, msg, worker, requestId, method, url, status, milliseconds, reason, err, fix } = line;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const colour = level >= 50 || (status ?? 0) >= 500 ? "red" : (status ?? 0) >= 400 ? "yellow" : "green";
  const said =
    status === undefined ? [coloured(colour, msg)] : [coloured(colour, String(status)), harmless(`${method} ${url}`)];
  const parts = [
    coloured("dim", clock),
    ...said,
    milliseconds === undefined ? "" : `${milliseconds.toFixed(1)} ms`,
    harmless(reason ?? ""),
    requestId === undefined ? "" : coloured("dim", requestId),
    worker === undefined ? "" : coloured("dim", `worker ${worker}`),
  ];
  const details = [err?.stack, fix].filter((text) => text !== undefined);
  return [parts.filter(Boolean).join("  "), ...details].join("\n");
}

/** Where the terminal shows colours, and nobody has asked for none. */
export function coloured(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** What clients have sent may be meant for the terminal. */
function harmless(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
